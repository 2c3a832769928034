package rollback

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A slot is 4 KiB that hold one state. In every format version, this one and those to come:
//
//	[0:8)        magic
//	[8:12)       format version, uint32 big endian
//	[4092:4096)  CRC32C of all bytes before it, uint32 big endian
//
// so that an old release can tell a newer file from a damaged one. In version 1 there follow the generation (uint64), the length of
// the payload (uint32), the payload, and zeros.
const (
	slotSize      = 4096
	slotMagic     = "mcanary\x00"
	formatVersion = 1
	headerSize    = 24
	checksumAt    = slotSize - 4
)

// A state in normal form always fits: a negative length here would not compile.
var _ [checksumAt - headerSize - maxPayload]struct{}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errNewerSlot = errors.New("newer format")

// encodeSlot returns the slot that holds s, which must be in normal form, with its revision as generation.
func encodeSlot(s State) []byte {
	b := make([]byte, 0, slotSize)
	b = append(b, slotMagic...)
	b = binary.BigEndian.AppendUint32(b, formatVersion)
	b = binary.BigEndian.AppendUint64(b, s.Revision)
	payload := appendPayload(nil, s)
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	b = append(b, payload...)
	b = append(b, make([]byte, checksumAt-len(b))...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeSlot returns the state in a slot, or what is wrong with it: errNewerSlot if nothing is, but for its format version.
func decodeSlot(b []byte) (State, error) {
	if err := checkFrame(b); err != nil {
		return State{}, err
	}
	length := int64(binary.BigEndian.Uint32(b[20:]))
	if length > checksumAt-headerSize {
		return State{}, fmt.Errorf("payload of %d bytes does not fit", length)
	}
	padding := b[headerSize+length : checksumAt]
	if len(bytes.Trim(padding, "\x00")) != 0 {
		return State{}, errors.New("padding is not zero")
	}
	s, err := parsePayload(b[headerSize : headerSize+length])
	if err != nil {
		return State{}, err
	}
	s.Revision = binary.BigEndian.Uint64(b[12:])
	if s.Revision == 0 || s.Revision == 1<<64-1 {
		return State{}, fmt.Errorf("generation %d is not one", s.Revision)
	}
	return s, nil
}

// checkFrame checks what all format versions have in common.
func checkFrame(b []byte) error {
	if len(b) != slotSize {
		return fmt.Errorf("%d of %d bytes", len(b), slotSize)
	}
	if string(b[:8]) != slotMagic {
		return fmt.Errorf("magic %q, want %q", b[:8], slotMagic)
	}
	if crc32.Checksum(b[:checksumAt], castagnoli) != binary.BigEndian.Uint32(b[checksumAt:]) {
		return errors.New("checksum does not match")
	}
	switch v := binary.BigEndian.Uint32(b[8:]); {
	case v == 0:
		return errors.New("format version 0")
	case v > formatVersion:
		return fmt.Errorf("%w %d, this release reads %d", errNewerSlot, v, formatVersion)
	}
	return nil
}
