module github.com/modelcanary/go-sdk/examples

go 1.26.0

replace github.com/modelcanary/go-sdk => ../
