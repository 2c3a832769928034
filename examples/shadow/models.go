package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/abadojack/whatlanggo"
	"github.com/pemistahl/lingua-go"

	"github.com/modelcanary/go-sdk/canary"
)

// errEmpty is what both models say of a text without a word.
var errEmpty = errors.New("there is nothing to recognise")

type predictor = canary.Predictor[Text, Label]

// newWhatlang is the model in service. It compares a text's trigrams with a
// profile of each language.
func newWhatlang(languages []string) (predictor, error) {
	options := whatlanggo.Options{Whitelist: map[whatlanggo.Lang]bool{}}
	for language := range whatlanggo.Langs {
		for _, code := range languages {
			if language.Iso6391() == code {
				options.Whitelist[language] = true
			}
		}
	}
	if len(options.Whitelist) != len(languages) {
		return nil, fmt.Errorf("shadow: whatlanggo knows %d of the %d languages", len(options.Whitelist), len(languages))
	}
	return canary.Func(func(_ context.Context, t Text) (Label, error) {
		if strings.TrimSpace(t.Words) == "" {
			return Label{}, errEmpty
		}
		found := whatlanggo.DetectWithOptions(t.Words, options)
		if found.Lang < 0 {
			return Label{}, nil
		}
		return Label{Code: found.Lang.Iso6391(), Confidence: found.Confidence}, nil
	}), nil
}

// newLingua is the candidate. It multiplies the probabilities of a text's
// trigrams in each language, after rules about alphabets and letters; in its
// low-accuracy mode of trigrams only, which loads fast and takes little memory.
func newLingua(languages []string) (predictor, error) {
	codes := make([]lingua.IsoCode639_1, len(languages))
	for i, code := range languages {
		codes[i] = lingua.GetIsoCode639_1FromValue(strings.ToUpper(code))
		if codes[i] == lingua.UnknownIsoCode639_1 {
			return nil, fmt.Errorf("shadow: lingua does not know the language %q", code)
		}
	}
	detector := lingua.NewLanguageDetectorBuilder().FromIsoCodes639_1(codes...).WithLowAccuracyMode().WithPreloadedLanguageModels().Build()
	return canary.Func(func(_ context.Context, t Text) (Label, error) {
		if strings.TrimSpace(t.Words) == "" {
			return Label{}, errEmpty
		}
		likely := detector.ComputeLanguageConfidenceValues(t.Words)
		if len(likely) == 0 || likely[0].Value() == 0 {
			return Label{}, nil
		}
		best := likely[0]
		return Label{Code: strings.ToLower(best.Language().IsoCode639_1().String()), Confidence: best.Value()}, nil
	}), nil
}
