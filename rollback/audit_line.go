package rollback

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
)

// maxLine is more than any line of a trail has bytes: 6 for each byte of an entry that is escaped, and its numbers and names.
const maxLine = 64 << 10

// A line ends with the beginning of a hash over all that is before it. The chain does not need it: it tells a line that was torn or damaged
// from a whole one without looking at the next.
const (
	sumBegin = `,"sum":"`
	sumEnd   = "\"}\n"
	sumSize  = 8 // bytes, written in hex
)

// AuditMark is a place in a trail: the number of a line, counted from 1, and the SHA-256 of its bytes with the newline, in hex. The zero value
// is the place before the first line.
type AuditMark struct {
	Seq  uint64
	Hash string
}

// auditLine is a line of a trail as JSON has it.
type auditLine struct {
	Seq      uint64    `json:"seq"`
	At       time.Time `json:"at"`
	Canary   string    `json:"canary"`
	Actor    string    `json:"actor"`
	Action   string    `json:"action"`
	Epoch    uint64    `json:"epoch"`
	Version  string    `json:"version"`
	From     string    `json:"from"`
	To       string    `json:"to"`
	Reason   string    `json:"reason"`
	Evidence string    `json:"evidence"`
	Revision uint64    `json:"revision"`
	Prev     string    `json:"prev"`
}

// encodeLine is the line that follows last.
func encodeLine(last AuditMark, e Entry) []byte {
	e = e.clipped()
	b := strconv.AppendUint([]byte(`{"seq":`), last.Seq+1, 10)
	b = e.At.AppendFormat(append(b, `,"at":"`...), time.RFC3339Nano)
	b = append(b, '"')
	b = appendTextField(b, "canary", e.Canary)
	b = appendTextField(b, "actor", e.Actor)
	b = appendTextField(b, "action", e.Action)
	b = appendNumberField(b, "epoch", e.Epoch)
	b = appendTextField(b, "version", e.Version)
	b = appendTextField(b, "from", e.From)
	b = appendTextField(b, "to", e.To)
	b = appendTextField(b, "reason", e.Reason)
	b = appendTextField(b, "evidence", e.Evidence)
	b = appendNumberField(b, "revision", e.Revision)
	b = appendTextField(b, "prev", last.Hash)
	return sealLine(b)
}

func sealLine(b []byte) []byte {
	sum := lineSum(b)
	return append(append(append(b, sumBegin...), sum...), sumEnd...)
}

func lineSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:sumSize])
}

// decodeLine reads a line with its newline; ok says that it is whole.
func decodeLine(b []byte) (l auditLine, ok bool) {
	body := len(b) - len(sumBegin) - 2*sumSize - len(sumEnd)
	if body < 0 || string(b[body:]) != sumBegin+lineSum(b[:body])+sumEnd {
		return auditLine{}, false
	}
	if err := json.Unmarshal(b, &l); err != nil {
		return auditLine{}, false
	}
	return l, true
}

func (l auditLine) entry() Entry {
	return Entry{
		Canary: l.Canary, At: l.At, Actor: l.Actor, Action: l.Action, Epoch: l.Epoch, Version: l.Version,
		From: l.From, To: l.To, Reason: l.Reason, Evidence: l.Evidence, Revision: l.Revision,
	}
}

func markOf(seq uint64, line []byte) AuditMark {
	hash := sha256.Sum256(line)
	return AuditMark{Seq: seq, Hash: hex.EncodeToString(hash[:])}
}

// lastWhole returns where the last whole line of content ends, and its mark; zero if there is none.
func lastWhole(content []byte) (end int, last AuditMark) {
	for end = len(content); ; {
		end = bytes.LastIndexByte(content[:end], '\n') + 1
		if end == 0 {
			return 0, AuditMark{}
		}
		begin := bytes.LastIndexByte(content[:end-1], '\n') + 1
		if l, ok := decodeLine(content[begin:end]); ok {
			return end, markOf(l.Seq, content[begin:end])
		}
		end = begin
	}
}
