package main

import (
	"errors"
	"strings"
	"testing"
)

// Of a whole paragraph both models tell the language, nearly always.
func TestModelsKnowTheirLanguages(t *testing.T) {
	for name, model := range models(t) {
		t.Run(name, func(t *testing.T) {
			right, all := 0, 0
			for language, paragraphs := range texts(t) {
				for _, p := range paragraphs[:10] {
					got, err := model.Predict(t.Context(), Text{Words: strings.Join(p, " ")})
					if err != nil {
						t.Fatal(err)
					}
					if !(got.Confidence >= 0 && got.Confidence <= 1) {
						t.Fatalf("confidence %v outside [0, 1]", got.Confidence)
					}
					if all++; got.Code == language {
						right++
					}
				}
			}
			if right*10 < all*9 {
				t.Errorf("%d of %d are right, want nine in ten", right, all)
			}
		})
	}
}

func TestModelsSayThatTheyDoNotKnow(t *testing.T) {
	for name, model := range models(t) {
		t.Run(name, func(t *testing.T) {
			if _, err := model.Predict(t.Context(), Text{Words: " \t"}); !errors.Is(err, errEmpty) {
				t.Errorf("of nothing: %v, want %v", err, errEmpty)
			}
			if got, err := model.Predict(t.Context(), Text{Words: "123 456"}); err != nil || got != (Label{}) {
				t.Errorf("of digits: %+v, %v; want no idea", got, err)
			}
		})
	}
}

func TestModelsRefuseLanguages(t *testing.T) {
	for name, load := range map[string]func([]string) (predictor, error){"whatlang": newWhatlang, "lingua": newLingua} {
		if _, err := load([]string{"en", "qq"}); err == nil || !strings.HasPrefix(err.Error(), "shadow: ") {
			t.Errorf("%s: got %v, want an error: there is no language qq", name, err)
		}
	}
}
