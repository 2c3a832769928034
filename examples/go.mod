module github.com/modelcanary/go-sdk/examples

go 1.26.0

require github.com/modelcanary/go-sdk v0.0.0

replace github.com/modelcanary/go-sdk => ../
