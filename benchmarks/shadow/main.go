package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
)

// serverArg, an address after it, makes this program the server.
const serverArg = "serve"

// errMissed says that a bar was not met.
var errMissed = errors.New("shadow: a bar was missed")

func main() {
	err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, errMissed):
		os.Exit(1)
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// options are the flags.
type options struct {
	scale    scale
	modes    []string
	garbage  int
	realtime bool
	only     setting
	json     bool
	verbose  bool
}

func parse(args []string, errors io.Writer) (o options, err error) {
	f := flag.NewFlagSet("shadow", flag.ContinueOnError)
	f.SetOutput(errors)
	isQuick := f.Bool("quick", false, "a minute instead of five: the settings with bars alone, shorter blocks")
	f.IntVar(&o.garbage, "garbage", 0, "`bytes` that each call of a model leaves to the collector")
	f.BoolVar(&o.realtime, "realtime", true, "serve in the kernel's real-time class if that is allowed, so that other processes hardly matter")
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.BoolVar(&o.verbose, "v", false, "tell of each round on standard error")
	names := f.String("modes", strings.Join([]string{modeNone, modeOurs, modeNaive}, ","), "modes to play, in rounds; the first is what the others are compared with")
	f.Float64Var(&o.only.Load, "load", 0, "play this load alone, in (0, 1]")
	f.Float64Var(&o.only.Shadow, "shadow", 1, "with -load: the fraction of requests that ask for a shadow")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.scale, o.modes = full, strings.Split(*names, ",")
	if *isQuick {
		o.scale = quick
	}
	if o.only.Load != 0 {
		o.scale.settings = []setting{o.only}
		o.scale.others = o.scale.repetitions
	}
	return o, o.check(f.Args())
}

// check reports everything that makes no sense.
func (o *options) check(rest []string) error {
	var problems []error
	add := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("shadow: "+format, args...))
	}
	if len(rest) > 0 {
		add("unexpected arguments %q", rest)
	}
	if o.garbage < 0 {
		add("-garbage %d is below 0", o.garbage)
	}
	if !(o.only.Load >= 0 && o.only.Load <= 1) {
		add("-load %v is not within 0 and 1", o.only.Load)
	}
	if !(o.only.Shadow >= 0 && o.only.Shadow <= 1) {
		add("-shadow %v is not within 0 and 1", o.only.Shadow)
	}
	if o.modes[0] != modeNone {
		add("-modes %s does not begin with %q", strings.Join(o.modes, ","), modeNone)
	}
	for _, name := range o.modes {
		if modes[name] == nil {
			add("-modes: %q is none of %s", name, strings.Join(slices.Sorted(maps.Keys(modes)), ", "))
		}
	}
	return errors.Join(problems...)
}

// run serves, or plays what the flags ask for and prints the report.
func run(ctx context.Context, args []string, out, progress io.Writer) (err error) {
	if len(args) == 2 && args[0] == serverArg {
		return serve(ctx, args[1])
	}
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	r, err := o.play(ctx, progress)
	if err != nil {
		return fmt.Errorf("shadow: %w", err)
	}
	write := r.text
	if o.json {
		write = r.json
	}
	if err := write(out); err != nil {
		return err
	}
	if r.missed() {
		return errMissed
	}
	return nil
}

// play starts a server, plays the settings against it and reports.
func (o *options) play(ctx context.Context, progress io.Writer) (r *report, err error) {
	e := experiment{scale: o.scale, modes: o.modes, garbage: o.garbage, progress: func(format string, args ...any) {
		if o.verbose {
			_, _ = fmt.Fprintf(progress, format, args...)
		}
	}}
	before := loadAverage()
	server := process{}
	e.player, err = newPlayer(ctx, func(address string) error { return server.start(ctx, address, o.realtime) })
	if err != nil {
		return nil, err
	}
	e.realtime, e.player.precise = server.realtime, true
	defer func() { err = errors.Join(err, e.player.Close(), server.cmd.Wait()) }()
	r = &report{}
	for _, s := range o.scale.settings {
		found, err := e.play(s)
		if err != nil {
			return nil, err
		}
		r.add(found)
	}
	if slices.Contains(o.modes, modeOurs) {
		found, err := e.player.order(order{Limits: e.layers})
		if err != nil {
			return nil, err
		}
		r.Bars = append(r.Bars, found.Limits...)
	}
	r.Machine = fmt.Sprintf("%s on %s/%s, %d processors; a model's call takes %v; garbage %d bytes a call; real-time class: %t; load average %s before, %s after",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, processors, o.scale.target, o.garbage, e.realtime, before, loadAverage())
	return r, nil
}

// process is the server's.
type process struct {
	cmd      *exec.Cmd
	realtime bool
}

// start starts this program as the server. This process outranks it where that is allowed: requests come from a network, which needs no processor of the server's to arrive.
func (p *process) start(ctx context.Context, address string, realtime bool) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	p.cmd = exec.CommandContext(ctx, program, serverArg, address) //nolint:gosec // this program
	p.cmd.Stderr = os.Stderr
	priority := int32(0)
	if allowed := outrank(senderPriority) == nil; allowed && realtime {
		p.realtime, priority = true, serverPriority
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = setPriority(0, priority)
	defer func() { _ = setPriority(0, senderPriority) }()
	return p.cmd.Start()
}
