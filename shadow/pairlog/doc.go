// Package pairlog keeps pairs of answers, stable's and the candidate's to the same input: what a record holds, how it is written and how it is read again.
// [File] keeps records as JSON Lines; [Scan] and [Decoder] read them. Package otelpairs sends them to OpenTelemetry instead.
//
// # Schema
//
// A record is one line, at most 1 MiB long with its line feed, and an object of these fields. DuckDB's read_json and Spark's json source read it as it is; give
// input and output the type JSON or text, since models answer what they like.
//
//	schema          text     "modelcanary.pair/1"; another version is another text
//	time            text     when the request was taken: RFC 3339 with up to nine decimals, in UTC
//	canary          text     the name of the trial
//	epoch           number   its attempt, a whole number in [1, 2^64)
//	trace           text     the trace id of the request, in hex
//	rate            number   the fraction of requests that was drawn, in (0, 1]
//	slices          object   dimension: text, the slices that the request lies in
//	input           any      what is kept of the input
//	stable          object   the answer that the caller was given
//	candidate       object   the answer of the shadow
//	rerun           object   stable's second answer to the same input
//	differs         boolean  the candidate's answer is not stable's
//	rerun_differs   boolean  stable's second answer is not its first
//	distance        number   between stable's answer and the candidate's
//	rerun_distance  number   between stable's two answers
//	cut             boolean  a name or a label was cut or a map left out, see below
//
// and of an answer:
//
//	version         text     of the model
//	outcome         text     "ok", "error", "panic", "goexit" or "timeout"
//	class           text     the class of the failure
//	duration_s      number   of the call in seconds, exact to the nanosecond
//	numbers         object   name: number, the signals that are numbers
//	labels          object   name: text
//	checks          object   name: boolean
//	output          any      what is kept of the answer itself
//
// Always there are schema, time, stable, candidate, differs and, of an answer, version and duration_s; rerun_differs is there with rerun. The others are left
// out where there is nothing to say. A reader skips fields that it does not know, and takes null for a field that is not there.
//
// # Values
//
// Input and outputs are written by reflection, as encoding/json writes them by the tags of their fields, and with these differences:
//
//   - No method is called: neither MarshalJSON nor MarshalText, Error or String. A time.Time is a text in RFC 3339; a valid json.RawMessage or
//     json.Number stays what it is.
//   - Numbers that JSON does not have are the texts "NaN", "Infinity" and "-Infinity"; a negative zero is -0.0. Whole numbers are exact whatever their size.
//   - A byte slice, and a text that is not UTF-8, is {"$base64": "..."}. In a name, U+FFFD stands for what is not UTF-8.
//   - What cannot be written is {"$omitted": why}: "too large" for more than 64 KiB, with "bytes" for how many there are at least; "too deep" for what lies more
//     than 64 containers deep, as in a cycle; "map key" for a map with keys that are no text; otherwise the kind of the value, such as "func" or "chan".
//   - Of the entries of a map whose keys become the same text one is kept. Keys are in order.
//
// Nothing tells these marks from an application's own objects of the same shape.
//
// In every text the characters <, > and &, control characters (C0, DEL, C1), line and paragraph separators, marks of direction and the byte order mark are
// escaped: a line is one record wherever it is split, and nothing in it does anything to a page or a terminal.
//
// Of names, labels and other texts the first 512 bytes are kept, of Slices and signals those maps that have at most 1,024 entries. If a line would still be too
// long its input and outputs are left out, and then those maps. "cut" says that something else than an input or an output was shortened.
package pairlog
