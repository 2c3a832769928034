package shadow

// ConfigError is one thing that is wrong with a [Config].
type ConfigError struct {
	// Field is the name of the field.
	Field string
	// Problem says what was seen and what is allowed.
	Problem string
}

// Error returns the problem with its field and the package's name.
func (e *ConfigError) Error() string { return "shadow: " + e.Field + ": " + e.Problem }
