package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakeClock goes on when it is told to, and never by itself.
type fakeClock struct {
	now   time.Duration
	waits int
}

func (c *fakeClock) Now() time.Duration       { return c.now }
func (c *fakeClock) Until(at time.Duration)   { c.now, c.waits = max(c.now, at), c.waits+1 }
func (c *fakeClock) spend(took time.Duration) { c.now += took }

func TestPoisson(t *testing.T) {
	const rate, length = 5000, 4 * time.Second
	arrivals := slices.Collect(poisson(7, rate, length))
	if !slices.IsSorted(arrivals) || arrivals[0] < 0 || arrivals[len(arrivals)-1] >= length {
		t.Fatalf("arrivals from %v to %v are not in order within %v", arrivals[0], arrivals[len(arrivals)-1], length)
	}
	n := float64(len(arrivals))
	if want := rate * length.Seconds(); math.Abs(n-want) > 4*math.Sqrt(want) {
		t.Errorf("%v arrivals, want about %v", n, want)
	}
	// The gaps of a Poisson process have a standard deviation as large as their mean; evenly spaced ones have none.
	var sum, squares float64
	for i := 1; i < len(arrivals); i++ {
		gap := (arrivals[i] - arrivals[i-1]).Seconds()
		sum, squares = sum+gap, squares+gap*gap
	}
	mean := sum / (n - 1)
	if cv := math.Sqrt(squares/(n-1)-mean*mean) / mean; math.Abs(cv-1) > 0.05 {
		t.Errorf("coefficient of variation of the gaps %.3f, want 1", cv)
	}
	if again := slices.Collect(poisson(7, rate, length)); !slices.Equal(again, arrivals) {
		t.Error("the same seed gave other arrivals")
	}
}

func TestGeneratorIsAnOpenLoop(t *testing.T) {
	tests := []struct {
		name  string
		sends time.Duration // how long sending one takes
		waits int
		slept time.Duration
	}{
		{name: "quick", sends: 0, waits: 4},
		{name: "stalled", sends: 25 * time.Millisecond, waits: 1},
	}
	arrivals := []time.Duration{time.Millisecond, 2 * time.Millisecond, 10 * time.Millisecond, 11 * time.Millisecond}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &fakeClock{}
			var meant []time.Duration
			sent, overslept, err := generate(c, slices.Values(arrivals), func(number uint64, at time.Duration) error {
				if number != uint64(len(meant)) {
					t.Errorf("number %d after %d", number, len(meant))
				}
				if c.now < at {
					t.Errorf("request %d sent at %v, before its time %v", number, c.now, at)
				}
				meant = append(meant, at)
				c.spend(test.sends)
				return nil
			})
			if err != nil || sent != len(arrivals) || !slices.Equal(meant, arrivals) {
				t.Errorf("sent %d, meant for %v, error %v; want the schedule %v whatever sending takes", sent, meant, err, arrivals)
			}
			if c.waits != test.waits {
				t.Errorf("waited %d times, want %d", c.waits, test.waits)
			}
			if overslept != 0 {
				t.Errorf("overslept %v with a clock that never does", overslept)
			}
		})
	}
}

// tinyExperiment plays against a server in this process.
func tinyExperiment(t *testing.T, names ...string) *experiment {
	t.Helper()
	served, ctx := make(chan error, 1), context.WithoutCancel(t.Context())
	p, err := newPlayer(t.Context(), func(address string) error {
		go func() { served <- serve(ctx, address) }()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Errorf("server: %v", err)
		}
	})
	return &experiment{
		player: p, modes: names, layers: 3, progress: t.Logf,
		scale: scale{repetitions: 1, others: 1, length: 60 * time.Millisecond, target: 2 * time.Millisecond},
	}
}

func TestBlocks(t *testing.T) {
	for _, rate := range []float64{0, 0.5, 1} {
		e := tinyExperiment(t, slices.Sorted(func(yield func(string) bool) {
			for name := range modes {
				if !yield(name) {
					return
				}
			}
		})...)
		round, err := e.round(block{Layers: 3, Garbage: 100, Shadow: rate, Rate: 2000, Length: 60 * time.Millisecond}, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range round {
			if len(p.Took) != len(p.arrivals) || len(p.Took) < 50 {
				t.Fatalf("%s: %d of %d requests sent", p.Mode, len(p.Took), len(p.arrivals))
			}
			if i := slices.IndexFunc(p.Took, func(d time.Duration) bool { return d <= 0 }); i >= 0 {
				t.Errorf("%s: request %d answered after %v", p.Mode, i, p.Took[i])
			}
			if !slices.Equal(p.arrivals, round[0].arrivals) {
				t.Errorf("%s has other arrivals than %s", p.Mode, round[0].Mode)
			}
			checkTally(t, p, rate)
		}
	}
}

// checkTally fails unless every asked shadow ran or was lost for a reason.
func checkTally(t *testing.T, p *played, rate float64) {
	t.Helper()
	sum := p.Tally.Done
	for _, n := range p.Tally.Lost {
		sum += n
	}
	if sum != p.Tally.Drawn {
		t.Errorf("%s: %d shadows drawn, but %d done and %v lost", p.Mode, p.Tally.Drawn, p.Tally.Done, p.Tally.Lost)
	}
	sent, asked := float64(len(p.Took)), float64(p.Tally.Asked)
	switch {
	case !hasShadows(p.Mode):
		rate = 0
		fallthrough
	case rate == 0, rate == 1:
		if asked != rate*sent {
			t.Errorf("%s at rate %v: %v of %v requests asked for a shadow", p.Mode, rate, asked, sent)
		}
	default:
		if math.Abs(asked-rate*sent) > 5*math.Sqrt(sent*rate*(1-rate)) {
			t.Errorf("%s at rate %v: %v of %v requests asked for a shadow", p.Mode, rate, asked, sent)
		}
	}
}

func TestLimits(t *testing.T) {
	claims, err := limits(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		t.Logf("%s: %s", c.Text, c.Value)
	}
	// Those that are no timing hold on any machine.
	for _, i := range []int{0, 1} {
		if !claims[i].Met {
			t.Errorf("%s: %s", claims[i].Text, claims[i].Value)
		}
	}
}

func TestReport(t *testing.T) {
	e := tinyExperiment(t, modeNone, modeNaive)
	e.scale.length = 300 * time.Millisecond
	found, err := e.play(setting{Load: 0.5, Shadow: 1, LeastNaive: 1e9})
	if err != nil {
		t.Fatal(err)
	}
	r := &report{Machine: "a machine"}
	r.add(found)
	if len(r.Bars) != 1 || r.Bars[0].Met || !r.missed() {
		t.Errorf("bars %+v, want one that was missed", r.Bars)
	}
	var text, encoded bytes.Buffer
	if err := r.text(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a machine", "50 % load", modeNaive, "MISSED"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &text)
		}
	}
	if err := r.json(&encoded); err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(encoded.Bytes(), &back); err != nil || len(back.Rows) != 2 || back.Rows[1].Mode != modeNaive {
		t.Errorf("JSON came back as %+v, %v", back, err)
	}
}

func TestClaims(t *testing.T) {
	block := func(mode string, milliseconds time.Duration, asked, done int64) *played {
		took := slices.Repeat([]time.Duration{milliseconds * time.Millisecond}, 10)
		p := &played{arrivals: took, outcome: outcome{Took: took, Tally: tally{Asked: asked, Done: done}}}
		p.Mode, p.Shadow = mode, 1
		return p
	}
	s := setting{Load: 0.5, Shadow: 1, MostRatio: 1.5, LeastDone: 0.3, LeastNaive: 2}
	r := &result{setting: s, Rounds: [][]*played{
		{block(modeNone, 10, 0, 0), block(modeOurs, 14, 10, 4), block(modeNaive, 30, 10, 10)},
		{block(modeNone, 10, 0, 0), block(modeOurs, 90, 10, 2), block(modeNaive, 10, 10, 10)},
		{block(modeNone, 20, 0, 0), block(modeOurs, 20, 10, 3), block(modeNaive, 36, 10, 10)},
	}}
	var met []bool
	for _, c := range r.claims() {
		met = append(met, c.Met)
	}
	// The medians are 1.4, 30 % and 1.8.
	if want := []bool{true, true, false}; !slices.Equal(met, want) {
		t.Errorf("%+v, want %v", r.claims(), want)
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		args []string
		want []string // of the error; none: no error
	}{
		{args: []string{"-quick", "-modes", "none,naive"}},
		{args: []string{"-load", "0.7", "-shadow", "0.2", "-modes", "none"}},
		{
			args: []string{"-load", "2", "-shadow", "-1", "-garbage", "-5", "-modes", "naive,odd", "more"},
			want: []string{"-load 2", "-shadow -1", "-garbage -5", `"odd"`, `"none"`, `"more"`},
		},
		{args: []string{"-load", "NaN", "-modes", "none"}, want: []string{"-load NaN"}},
	}
	for _, test := range tests {
		var usage bytes.Buffer
		_, err := parse(test.args, &usage)
		if (err == nil) != (len(test.want) == 0) {
			t.Errorf("%q: %v", test.args, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v lacks %q", test.args, err, want)
			}
		}
	}
}
