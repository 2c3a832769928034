package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/modelcanary/go-sdk/criteria"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string

	pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
		"p": printable, "short": short, "percent": percent, "points": points, "count": count, "result": resultClass, "nats": nats, "found": Verdict.found, "between": Excess.between,
	}).Parse(pageText))
)

// WriteHTML writes the summary as a page that is one file: it loads nothing, runs nothing but its own filter, and says so in its content security policy. Texts
// from the logs are escaped. It is at most 2 MB large, however many the pairs are. The error is that of w.
func (s *Summary) WriteHTML(w io.Writer) error {
	if err := pageTemplate.Execute(w, newPageView(s)); err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	return nil
}

// policy allows the page's own style and script, by their hashes, and nothing else.
func policy() string {
	return fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hashed(pageStyle), hashed(pageScript))
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func resultClass(r criteria.Result) string {
	return map[criteria.Result]string{criteria.Pass: "pass", criteria.Fail: "fail", criteria.NoEvidence: "open"}[r]
}

func nats(x float64) string { return strings.Replace(fmt.Sprintf("%.1f", x), "-", "−", 1) }
