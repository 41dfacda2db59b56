using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Domain.Prompts;

/// <summary>Texts for an attempt after others that planned more than they verified.</summary>
public static class Interventions
{
    /// <summary>The text of a level; null for none.</summary>
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

        1. Take the failed check that you understand least. Run one command that shows what your result has in exactly that place.
        2. Name one assumption behind the strategy above that no command has shown yet, and test it.
        3. Only then decide what to change, based on those two outputs.
        """;

    private const string Strong =
        """
        ## Put the plan aside

        The strategy of the last attempts has been restated instead of tested, so it is left out here. Do not rebuild it from memory.

        1. Begin by acting: look at the inputs themselves (files, formats, units, sizes, versions) as if for the first time.
        2. Check again each verified fact that your solution will rely on, with one command each. Treat a fact that is not confirmed as false.
        3. Find a small case whose right answer you can work out by hand, and make your method produce it.
        4. Build on what these commands showed, and choose a different kind of approach than those in the log.
        """;
}
