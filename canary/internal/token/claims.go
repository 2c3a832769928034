package token

import (
	"encoding/binary"
	"time"
)

const (
	openSize   = 31 // what comes before the id
	hiddenSize = 16 // id and unit
	claimsSize = openSize + hiddenSize

	candidateFlag = 1
	maxMillis     = 1<<48 - 1
)

// Claims is what a token says.
type Claims struct {
	Canary    uint64    // hash of the canary's name
	Epoch     uint64    // of the decision
	Cohort    uint64    // a step in the life of one process: its nonce in the upper half, the number of the step in the lower
	ID        uint64    // of the decision, random
	Unit      uint64    // hash of the targeting key
	Candidate bool      // the arm
	Issued    time.Time // whole milliseconds, UTC; written as 1970 when earlier, as 10889 when later
}

// put writes the claims in their published layout, nothing hidden.
func (x *Claims) put(b *[claimsSize]byte) {
	binary.BigEndian.PutUint64(b[0:], x.Canary)
	binary.BigEndian.PutUint64(b[8:], x.Epoch)
	binary.BigEndian.PutUint64(b[16:], x.Cohort)
	binary.BigEndian.PutUint64(b[24:], uint64(millis(x.Issued))<<16) // the two bytes after it are written next
	b[30] = 0
	if x.Candidate {
		b[30] = candidateFlag
	}
	binary.BigEndian.PutUint64(b[31:], x.ID)
	binary.BigEndian.PutUint64(b[39:], x.Unit)
}

// claims reads what put has written. It is false for flags that are not known here.
func claims(b *[claimsSize]byte) (Claims, bool) {
	return Claims{
		Canary:    binary.BigEndian.Uint64(b[0:]),
		Epoch:     binary.BigEndian.Uint64(b[8:]),
		Cohort:    binary.BigEndian.Uint64(b[16:]),
		ID:        binary.BigEndian.Uint64(b[31:]),
		Unit:      binary.BigEndian.Uint64(b[39:]),
		Candidate: b[30] == candidateFlag,
		Issued:    time.UnixMilli(int64(binary.BigEndian.Uint64(b[24:]) >> 16)).UTC(),
	}, b[30]&^candidateFlag == 0
}

func millis(t time.Time) int64 { return min(max(t.UnixMilli(), 0), maxMillis) }
