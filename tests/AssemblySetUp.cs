// One server and one Docker engine serve the whole run; fixtures run side by side, the tests of one in order.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
