// Package rollback keeps the one decision that must never be lost: which epoch runs and whether it was rolled back.
package rollback
