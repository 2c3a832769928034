package rollback

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// An evidence file begins and ends, in every format version, as a slot does:
//
//	[0:8)      magic
//	[8:12)     format version, uint32 big endian
//	[n-4:n)    CRC32C of all bytes before it, uint32 big endian
//
// In version 1 there are between them the epoch (uint64), the length of the data (uint32), and the data.
const (
	evidenceMagic   = "mcevide\x00"
	evidenceVersion = 1
	evidenceHeader  = 24
	evidenceFrame   = evidenceHeader + 4
)

// encodeEvidence returns the content of a file; data must not be too long.
func encodeEvidence(epoch uint64, data []byte) []byte {
	b := make([]byte, 0, evidenceFrame+len(data))
	b = append(b, evidenceMagic...)
	b = binary.BigEndian.AppendUint32(b, evidenceVersion)
	b = binary.BigEndian.AppendUint64(b, epoch)
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	b = append(b, data...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeEvidence returns what is in a file, as a part of b, or what is wrong with it.
func decodeEvidence(b []byte) (epoch uint64, data []byte, err error) {
	if len(b) < evidenceFrame {
		return 0, nil, fmt.Errorf("%d bytes, at least %d are needed", len(b), evidenceFrame)
	}
	if got := string(b[:len(evidenceMagic)]); got != evidenceMagic {
		return 0, nil, fmt.Errorf("magic %q, want %q", got, evidenceMagic)
	}
	end := len(b) - 4
	if crc32.Checksum(b[:end], castagnoli) != binary.BigEndian.Uint32(b[end:]) {
		return 0, nil, errors.New("checksum does not match")
	}
	if v := binary.BigEndian.Uint32(b[8:]); v != evidenceVersion {
		return 0, nil, fmt.Errorf("format version %d, this release reads %d", v, evidenceVersion)
	}
	if n := binary.BigEndian.Uint32(b[20:]); uint64(n) != uint64(end-evidenceHeader) {
		return 0, nil, fmt.Errorf("%d bytes of data where %d are declared", end-evidenceHeader, n)
	}
	return binary.BigEndian.Uint64(b[12:]), b[evidenceHeader:end:end], nil
}
