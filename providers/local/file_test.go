package local_test

// percent is a document with one number flag, share.
func percent(p string) string {
	return `{"flags": {"share": {"state": "ENABLED", "variants": {"p": ` + p + `}, "defaultVariant": "p"}}}`
}
