// Package criteria says what "not worse" means: declared criteria, evidence as mergeable counts, and the betting test that turns counts into verdicts.
package criteria
