package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"sync"
)

const (
	signed = "v1"
	sealed = "v1s"

	sealedSize = 12 + claimsSize + 16 // nonce, claims, tag

	payloadText = (claimsSize*8 + 5) / 6
	tagText     = (sha256.Size*8 + 5) / 6
	sealedText  = (sealedSize*8 + 5) / 6
)

// base64url without padding, and no second text for the same bytes.
var encoding = base64.RawURLEncoding.Strict()

// key is what is derived from one secret for one purpose. It is safe for concurrent use.
type key struct {
	id        string
	hide      cipher.Block
	seal      cipher.AEAD // makes and carries its nonces
	sealAbout []byte
	rooms     sync.Pool // of *room
}

// room is where one token is made or read; its HMAC is of one key. What the ciphers see through an interface lies here and not on the heap of each call.
type room struct {
	mac    hash.Hash
	about  []byte
	claims [claimsSize]byte
	sum    [sha256.Size]byte
	tag    [sha256.Size]byte
	sealed [sealedSize]byte
	text   [sealedText]byte
}

func newKey(k Key, purpose string) (*key, error) {
	var sub [3][]byte
	for i, use := range []string{"sign", "hide", "seal"} {
		b, err := hkdf.Key(sha256.New, k.Secret, nil, "modelcanary token v1 "+use+" "+purpose, 32)
		if err != nil {
			return nil, err
		}
		sub[i] = b
	}
	hide, err := aes.NewCipher(sub[1])
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sub[2])
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	signAbout := about(signed, k.ID, purpose)
	return &key{
		id:        k.ID,
		hide:      hide,
		seal:      seal,
		sealAbout: about(sealed, k.ID, purpose),
		rooms:     sync.Pool{New: func() any { return &room{mac: hmac.New(sha256.New, sub[0]), about: signAbout} }},
	}, nil
}

// about is what is authenticated of a token beside what it carries. Lengths keep the parts apart.
func about(version, id, purpose string) []byte {
	b := append([]byte(version), byte(len(id)))
	b = append(b, id...)
	b = append(b, byte(len(purpose)))
	return append(b, purpose...)
}

// appendSigned appends payload and tag.
func (k *key) appendSigned(b []byte, x *Claims) []byte {
	r := k.rooms.Get().(*room)
	defer k.rooms.Put(r)
	x.put(&r.claims)
	k.hide.Encrypt(r.claims[openSize:], r.claims[openSize:])
	r.sign()
	b = encoding.AppendEncode(b, r.claims[:])
	b = append(b, '.')
	return encoding.AppendEncode(b, r.sum[:])
}

// parseSigned reads payload and tag.
func (k *key) parseSigned(payload, tag string) (Claims, Kind, bool) {
	r := k.rooms.Get().(*room)
	defer k.rooms.Put(r)
	if !r.decode(r.claims[:], payload) || !r.decode(r.tag[:], tag) {
		return Claims{}, Malformed, false
	}
	r.sign()
	if !hmac.Equal(r.sum[:], r.tag[:]) {
		return Claims{}, Forged, false
	}
	k.hide.Decrypt(r.claims[openSize:], r.claims[openSize:])
	x, known := claims(&r.claims)
	return x, Version, known
}

// appendSealed appends the sealed claims.
func (k *key) appendSealed(b []byte, x *Claims) []byte {
	r := k.rooms.Get().(*room)
	defer k.rooms.Put(r)
	x.put(&r.claims)
	return encoding.AppendEncode(b, k.seal.Seal(r.sealed[:0], nil, r.claims[:], k.sealAbout)) //nolint:gosec // G407: this AEAD draws its own nonce and takes none
}

// parseSealed reads sealed claims.
func (k *key) parseSealed(text string) (Claims, Kind, bool) {
	r := k.rooms.Get().(*room)
	defer k.rooms.Put(r)
	if !r.decode(r.sealed[:], text) {
		return Claims{}, Malformed, false
	}
	if _, err := k.seal.Open(r.claims[:0], nil, r.sealed[:], k.sealAbout); err != nil {
		return Claims{}, Forged, false
	}
	x, known := claims(&r.claims)
	return x, Version, known
}

// sign leaves the tag of what is in r.claims in r.sum.
func (r *room) sign() {
	r.mac.Reset()
	r.mac.Write(r.about)
	r.mac.Write(r.claims[:])
	r.mac.Sum(r.sum[:0])
}

// decode fills b from a text of exactly that many bytes. The decoder passes over line ends, which then are missing in the count.
func (r *room) decode(b []byte, text string) bool {
	if len(text) != encoding.EncodedLen(len(b)) {
		return false
	}
	n, err := encoding.Decode(b, r.text[:copy(r.text[:], text)])
	return err == nil && n == len(b)
}
