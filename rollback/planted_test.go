package rollback

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// checks are those of the other tests, where they pass because no bug is planted.
var checks = map[string]func(plant bug) error{
	"power loss":               func(plant bug) error { _, _, err := powerLoss(3, plant); return err },
	"power loss after a kill":  func(plant bug) error { _, err := killThenPowerLoss(plant); return err },
	"a fault":                  func(plant bug) error { return eachFault(failSeldom(patterns[0]), plant) },
	"two faults in a row":      func(plant bug) error { return eachFault(failSeldom(patterns[1]), plant) },
	"two faults of a kind":     func(plant bug) error { return eachFault(failSeldom(patterns[2]), plant) },
	"power loss after a fault": func(plant bug) error { return eachFault(failThenLosePower, plant) },
	"faults without end":       func(plant bug) error { return eachFault(failFrom, plant) },
	"faults in a replacement":  replaceUnderFaults,
	"bit flips":                func(plant bug) error { return bitFlips(61, plant) },
}

// The checks are worth something only if they find what is wrong when something is. The bugs are those that programs with state files have had.
func TestPlantedBugsAreFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		plant bug
		found []string // by all of these
	}{
		{"no fsync", bug{noSync: true},
			[]string{"power loss", "power loss after a kill", "power loss after a fault", "faults without end", "faults in a replacement"}},
		{"no directory fsync", bug{noSyncDir: true},
			[]string{"power loss", "power loss after a kill", "power loss after a fault", "faults without end", "faults in a replacement"}},
		{"truncated in place", bug{truncates: true},
			[]string{"power loss", "power loss after a kill", "a fault", "power loss after a fault"}},
		{"a failed fsync is ignored", bug{ignoresSyncErrors: true},
			[]string{"a fault", "two faults in a row", "two faults of a kind", "power loss after a fault", "faults without end"}},
		{"named after a failed write", bug{placesBrokenFile: true},
			[]string{"a fault", "two faults in a row", "two faults of a kind", "faults without end", "faults in a replacement"}},
		{"the checksum is not looked at", bug{ignoresChecksum: true},
			[]string{"power loss", "power loss after a kill", "bit flips"}},
	} {
		for _, name := range c.found {
			err := checks[name](c.plant)
			require.Error(t, err, "%s, not found by %s", c.name, name)
			t.Logf("%s, found by %s: %v", c.name, name, err)
		}
	}
}
