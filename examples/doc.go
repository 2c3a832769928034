// Package examples holds one runnable program per need.
package examples
