using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Domain.Prompts;

/// <summary>What an attempt is told when the ones before it planned more than they verified.</summary>
public static class Interventions
{
    /// <summary>The text of a level; null where nothing is said.</summary>
    public static string? Text(InterventionLevel level) => level switch
    {
        InterventionLevel.Soft => Soft,
        InterventionLevel.Strong => Strong,
        _ => null,
    };

    private const string Soft =
        """
        ## Evidence first

        The last attempts changed their reasoning more than they tested it. Before you plan:

        1. Take the failed check that you understand least. Run one command that shows what your result has at that very place.
        2. Name one assumption behind the strategy above that no command has shown yet, and test it.
        3. Only then decide what to change, by what those two outputs say.
        """;

    private const string Strong =
        """
        ## Put the plan aside

        The strategy of the last attempts has been restated instead of tested, so it is left out here. Do not rebuild it from memory.

        1. Begin by acting: look at the inputs themselves (files, formats, units, sizes, versions) as if nobody had done so before.
        2. Check each verified fact that your solution will rest on again, with one command each. Treat one that does not come out as false.
        3. Find a small case whose right answer you can work out by hand, and make your method produce it.
        4. Build on what these commands showed, and take a way that differs in kind from the ones in the log.
        """;
}
