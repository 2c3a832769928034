package shadow

import (
	_ "github.com/google/go-cmp/cmp"
	_ "go.opentelemetry.io/otel/log"
)
