using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Wire;

namespace Spark.Temporal.Starter.Servers;

/// <summary>Finds <c>temporal-dev.yaml</c>: in the working folder, else beside the program.</summary>
internal static class DevSettingsFile
{
    /// <exception cref="CliException">The file has a mistake; the message says where.</exception>
    public static DevSettings Read(string workingFolder)
    {
        string[] places = [Path.Combine(workingFolder, DevSettings.FileName), Path.Combine(AppContext.BaseDirectory, DevSettings.FileName)];
        try
        {
            return places.FirstOrDefault(File.Exists) is { } path ? DevSettings.Parse(File.ReadAllText(path), path) : new DevSettings();
        }
        catch (FormatException mistake)
        {
            throw new CliException(mistake.Message, ExitCodes.Usage);
        }
    }
}
