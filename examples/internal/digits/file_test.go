package digits

import "testing"

func TestAModelReadFromAFileGivesTheSameAnswers(t *testing.T) {
	l := trained(t)
	for name, model := range map[string]*Softmax{"stable": l.Stable, "misscaled": l.Misscaled()} {
		file, err := model.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var again Softmax
		if err := again.UnmarshalBinary(file); err != nil {
			t.Fatal(err)
		}
		for i, r := range l.Data.Live {
			want, _ := model.Predict(t.Context(), Image{Pixels: r.Pixels})
			got, err := again.Predict(t.Context(), Image{Pixels: r.Pixels})
			if err != nil || got != want {
				t.Fatalf("%s, row %d: %v, %v, want %v", name, i, got, err, want)
			}
		}
	}
}

func TestAModelIsNotReadFromPartOfAFile(t *testing.T) {
	file, err := trained(t).Stable.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, file[:len(file)-1], append(file, 0)} {
		if err := new(Softmax).UnmarshalBinary(bad); err == nil {
			t.Errorf("%d bytes were taken for a model", len(bad))
		}
	}
}
