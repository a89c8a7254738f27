import BackpressureBenchmarkCommands

await BenchmarkTool.main()
