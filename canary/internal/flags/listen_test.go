package flags

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"
)

// eventClient is a client that answers 30 percent and keeps the books of its handlers.
type eventClient struct {
	fakeClient
	mu       sync.Mutex
	handlers map[openfeature.EventType]openfeature.EventCallback
	add      func(openfeature.EventCallback)
	remove   func()
}

func newEventClient() *eventClient {
	return &eventClient{
		fakeClient: floats(30, openfeature.ResolutionDetail{Reason: openfeature.StaticReason}, nil),
		handlers:   map[openfeature.EventType]openfeature.EventCallback{},
		add:        func(openfeature.EventCallback) {},
		remove:     func() {},
	}
}

func (c *eventClient) AddHandler(event openfeature.EventType, callback openfeature.EventCallback) {
	c.add(callback)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handlers[event] = callback
}

func (c *eventClient) RemoveHandler(event openfeature.EventType, callback openfeature.EventCallback) {
	c.remove()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.handlers[event] == callback {
		delete(c.handlers, event)
	}
}

func (c *eventClient) registered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.handlers)
}

func TestHandlersComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEventClient()
		r := open(t, Config{Client: c})
		synctest.Wait()
		require.Equal(t, len(events), c.registered())
		require.NoError(t, r.Close(t.Context()))
		require.Zero(t, c.registered())
	})
}

// TestAHandlerNeverWaits: the SDK calls it under the lock that guards all its handlers, even while it is being added.
func TestAHandlerNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEventClient()
		c.add = func(callback openfeature.EventCallback) {
			for range 1000 {
				(*callback)(openfeature.EventDetails{})
			}
		}
		r := open(t, Config{Client: c, Changed: func() { <-time.After(time.Second) }})
		synctest.Wait()
		require.Equal(t, len(events), c.registered(), "added while the reader was busy")
		<-r.First()
		requireGood(t, r, 0.3)
	})
}

// TestALockedRegistryStopsNothing: somebody else's handler holds the SDK's lock.
func TestALockedRegistryStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEventClient()
		release := make(chan struct{})
		c.add = func(openfeature.EventCallback) { <-release }
		r := open(t, Config{Client: c})
		<-r.First()
		requireGood(t, r, 0.3)
		pass(time.Minute)
		require.EqualValues(t, 31, r.Counts()[OK], "polls go on")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var still *CloseError
		require.ErrorAs(t, r.Close(ctx), &still)
		require.Equal(t, []string{"event handlers"}, still.Running)
		close(release)
		require.NoError(t, r.Close(t.Context()))
		require.Zero(t, c.registered())
	})
}

func TestAClientThatPanicsOnHandlersIsPolled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEventClient()
		c.add = func(openfeature.EventCallback) { panic("no events") }
		c.remove = func() { panic("no events") }
		r := open(t, Config{Client: c})
		pass(time.Minute)
		requireGood(t, r, 0.3)
		require.EqualValues(t, len(events), r.Counts()[Panic])
		require.NoError(t, r.Close(t.Context()))
		require.EqualValues(t, 2*len(events), r.Counts()[Panic])
	})
}

// TestEveryEventIsAHint: none of them waits for the poll, and none is believed to know the value.
func TestEveryEventIsAHint(t *testing.T) {
	for _, event := range []openfeature.EventType{
		openfeature.ProviderConfigChange, openfeature.ProviderReady, openfeature.ProviderError, openfeature.ProviderStale,
	} {
		t.Run(string(event), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newEventClient()
				r := open(t, Config{Client: c})
				pass(time.Second)
				require.EqualValues(t, 1, r.Counts()[OK])
				(*c.handlers[event])(openfeature.EventDetails{ProviderEventDetails: openfeature.ProviderEventDetails{
					FlagChanges: []string{"another-flag"}, Message: "100",
				}})
				synctest.Wait()
				require.EqualValues(t, 2, r.Counts()[OK])
				requireGood(t, r, 0.3)
			})
		})
	}
}
