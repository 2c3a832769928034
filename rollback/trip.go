package rollback

// Trip is what became of a rollback, as plain data. The zero value is one that has not happened.
type Trip struct {
	// Applied says that it has taken effect in memory: every request that starts from now on is served by the model of before.
	Applied bool
	// Durable says that it will also be there after a power loss.
	Durable bool
	// Err is why it is not applied or not durable; nil when it is both. What is applied and not durable is tried again in the background.
	Err error
}
