using System.Diagnostics;

namespace Spark.Temporal.Tests.Support;

/// <summary>Programs that are to be ended by signals.</summary>
public static class Signals
{
    /// <summary>
    /// How a program is started that listens to signals. Whoever runs the tests in the background of a script has them ignore an
    /// interrupt, and what they start inherits that.
    /// </summary>
    public static ProcessStartInfo Heard(string program, params IEnumerable<string> arguments) => OperatingSystem.IsLinux()
        ? new ProcessStartInfo("env", ["--default-signal=HUP,INT,TERM", program, .. arguments])
        : new ProcessStartInfo(program, arguments);
}
