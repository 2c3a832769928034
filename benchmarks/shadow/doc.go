// Command shadow measures what callers notice of a shadow that runs in their process.
//
//	go run ./benchmarks/shadow                          # five minutes
//	go run ./benchmarks/shadow -quick                   # a minute
//	go run ./benchmarks/shadow -load 0.7 -shadow 0.2 -v # one setting, round by round
//	go run ./benchmarks/shadow -json
//
// A server process answers requests with a model that takes 200 microseconds of a processor, in three modes: none, stable alone; canary, a shadow beside it at the
// defaults; naive, a goroutine for each shadow. Requests come from another process over sockets, so that they enter by the poller of the network, and each starts a
// goroutine. They arrive by a Poisson process that is drawn beforehand and knows nothing of the answers, and are timed from the moment at which they should have
// arrived to the moment at which the caller has the answer: a stall costs every request that would have met it. The modes are played in turn, in rounds with the same arrivals for
// all, and what is held to a bar is the median over the rounds of the p99 divided by the p99 without shadows in the same round. Absolute times move with the machine.
//
// What load means: 100 % is the rate at which requests are answered when half as many more arrive than can be, measured again before each round. The generator is part of it, as it shares the processors. At half
// of it the server was seen to use 50 to 60 % of the processors.
//
// What ran is a fraction of the shadows that the rate asked for, whatever the runner drew.
//
// On Linux, as far as the kernel allows it, all threads of the generator run in the real-time class, because a network needs no processor of the server's to bring a request, and
// so does the server below them, because the machine may have neighbours (-realtime=false: the ordinary class). The share of others is printed with the results.
// A round in which the generator overslept by 2 ms, which is then nobody's fault here, is played again, at most as many rounds as are wanted; in the ordinary class one in which
// others used a tenth of the machine. The kernel keeps a twentieth of each processor for the ordinary class, so at 80 % load a busy machine still shows.
//
// The class matters for what is measured. In the ordinary one the kernel places a thread where it is woken; a trace of the scheduler (sched_switch, sched_wakeup) showed threads
// of the server that waited up to 4 ms behind another one, until the next tick, while the other processor was idle: it was the generator's at the moment of waking. Whatever sleeps
// and wakes by a timer makes that more frequent: -modes none,sleeper shows what a goroutine does to callers that only sleeps, a millisecond at a time. So in this class
// the ratios come out larger, and even the same mode played twice differs by a factor of 0.8 to 1.7. Bars that are met in the real-time class say nothing about the ordinary one.
//
// At 80 % load and 10 % shadow the naive mode is often within the bar, too: there the harness shows that shadows do little harm, not that the canary does less.
//
// The models leave no garbage and the collector has next to nothing to do; -garbage has each call leave some.
//
// The rest of the bars does not depend on load: goroutines with 10,000 shadows that hang, the heap after a million dropped requests, what a request pays that is shadowed and
// one that is not.
//
// The exit status is 1 if a bar was missed, 2 if something else went wrong.
package main
