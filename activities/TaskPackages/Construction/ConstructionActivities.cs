using System.Text;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Artifacts.Results;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.TaskPackages.Construction;

/// <summary>Applies the rules of task construction to artifacts and folders.</summary>
internal sealed class ConstructionActivities(IArtifactStore store, IPythonRunner python) : IConstructionActivities
{
    private const long MostPromptFileBytes = 4 * 1024 * 1024;
    private const int MostLines = 8;

    /// <summary>Parsing three sources takes well under a second.</summary>
    private static readonly TimeSpan FactsLimit = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => ActivityExecutionContext.Current.CancellationToken;

    public Task<MutantSet> MutantsAsync(MutantsRequest request) => new MutantMaker(store).MakeAsync(request, Cancelled);

    public Task<SecondBuild> SecondBuildAsync(SecondBuildRequest request) => new DataRebuild(store).OfAsync(request.Package, Cancelled);

    public async Task<ConstructionStart> BeginAsync(BeginConstructionRequest request)
    {
        var input = request.Input;
        var spec = await ReadPromptAsync(input.PromptFile);
        var tools = ToolCatalogue.Resolve(spec.AvailableTools);
        if (tools.Unknown.Count > 0)
        {
            throw Invalid($"{input.PromptFile}: $.available_tools: "
                + string.Join("; ", tools.Unknown.Select(tool => $"'{tool.Name}' is not known" + (tool.Near.Count > 0 ? $", did you mean {string.Join(" or ", tool.Near)}?" : ""))));
        }

        var library = ReferenceLibrary.Read([input.ReferenceTasksDir, Path.Combine(input.OutDir, TaskPlaces.Generated)]);
        var references = TaskLibrary.Rank(library, spec, input.TopKReferences, input.ExcludeReferenceTasks.ToHashSet(StringComparer.Ordinal));
        return new ConstructionStart(
            await store.PutJsonAsync(spec, Cancelled),
            await store.AppendAsync(null, ConstructionPrompts.Blueprint(spec, tools, references), Cancelled),
            [.. references.Select(reference => reference.Task.Name)]);
    }

    public async Task<BlueprintReply> ReadBlueprintAsync(ReadReplyRequest request)
    {
        var reading = BlueprintReader.Read(await LastAsync(request.Conversation));
        return reading.Blueprint is { } blueprint
            ? new BlueprintReply(await store.PutJsonAsync(blueprint, Cancelled), blueprint.TaskId, blueprint.OutputPath)
            : new BlueprintReply(null, Errors: Short(reading.Errors), AskAgain: await AskAgainAsync(request.Conversation, ConstructionPrompts.BlueprintReask(reading.Errors)));
    }

    public async Task<CritiqueStart> CritiqueAsync(CritiqueRequest request)
    {
        var context = ActivityExecutionContext.Current;
        await using var heartbeats = Heartbeats.Start(context, TimeProvider.System);
        var blueprint = await store.ReadJsonAsync<TaskBlueprint>(request.Blueprint, Cancelled);
        var spec = await store.ReadJsonAsync<PromptSpec>(request.Spec, Cancelled);
        var facts = await FactsAsync(blueprint);
        var findings = CritiqueRules.Check(blueprint, spec, facts);
        if (facts is null)
        {
            findings = [new CritiqueFinding(CritiqueRules.NotExamined, CritiqueSeverity.Blocking, "oracle_python", $"Python could not parse the programs within {FactsLimit.TotalSeconds:0} s; make them simpler"), .. findings];
        }

        return new CritiqueStart(
            await KeepAsync(findings),
            await store.AppendAsync(null, ConstructionPrompts.Critique(blueprint, spec, findings), Cancelled));
    }

    public async Task<CritiqueReply> ReadCritiqueAsync(ReadReplyRequest request)
    {
        var reading = CritiqueReader.Read(await LastAsync(request.Conversation));
        return reading.Findings is { } findings
            ? new CritiqueReply(await KeepAsync(findings))
            : new CritiqueReply(null, Short(reading.Errors), await AskAgainAsync(request.Conversation, ConstructionPrompts.CritiqueReask(reading.Errors)));
    }

    public async Task<ArtifactRef> RepairAsync(RepairRequest request)
    {
        var version = request.Version;
        var findings = new List<CritiqueFinding>();
        foreach (var set in new[] { version.Rules, version.Model }.OfType<FindingSet>())
        {
            findings.AddRange(await store.ReadJsonAsync<IReadOnlyList<CritiqueFinding>>(set.Stored, Cancelled));
        }

        var evidence = version.Proof is { } proof ? await new ProofEvidence(store).OfAsync(proof, Cancelled)
            : findings.Any(finding => finding.Severity == CritiqueSeverity.Blocking) ? null : version.Refused;
        return await store.AppendAsync(
            null,
            ConstructionPrompts.Repair(
                await store.ReadJsonAsync<TaskBlueprint>(version.Blueprint, Cancelled),
                await store.ReadJsonAsync<PromptSpec>(request.Spec, Cancelled),
                findings,
                evidence),
            Cancelled);
    }

    public async Task<RenderReply> RenderAsync(RenderRequest request)
    {
        var info = ActivityExecutionContext.Current.Info;
        try
        {
            var blueprint = await store.ReadJsonAsync<TaskBlueprint>(request.Blueprint, Cancelled);
            var spec = await store.ReadJsonAsync<PromptSpec>(request.Spec, Cancelled);
            var staging = Path.Combine(TaskPlaces.Staging(request.OutDir, info.WorkflowId!), $"v{request.Version}", blueprint.TaskId);
            return new RenderReply(TaskPlaces.Write(staging, TaskPlaces.Render(blueprint, spec)));
        }
        catch (FormatException refused)
        {
            return new RenderReply(null, PlainText.OneLine(refused.Message, 1_500));
        }
    }

    public Task<FamilyPlan> PlanFamilyAsync(PlanFamilyRequest request) => new FamilyPlanner(store).PlanAsync(request.Input, Cancelled);

    public Task<GivenBlueprint> TakeVariantAsync(TakeVariantRequest request) => new FamilyPlanner(store).TakeAsync(request, Cancelled);

    public Task<FinishReply> FinishAsync(FinishRequest request) =>
        ResultRefusal.EndAtAsync(() => new ConstructionWriter(store).WriteAsync(request, ActivityExecutionContext.Current.Info.WorkflowId!, Cancelled));

    private async Task<PromptSpec> ReadPromptAsync(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MostPromptFileBytes }
                ? PromptSpecReader.Parse(await File.ReadAllTextAsync(path, Cancelled), Path.GetFileName(path))
                : throw Invalid(File.Exists(path) ? $"{path} is larger than {MostPromptFileBytes / 1024 / 1024} MiB; a prompt file is a few kilobytes" : $"there is no prompt file {path}");
        }
        catch (FormatException wrong)
        {
            throw Invalid(wrong.Message);
        }
    }

    /// <summary>What Python found in the programs; null if it gave no answer.</summary>
    private async Task<PythonFacts?> FactsAsync(TaskBlueprint blueprint)
    {
        using var stream = typeof(ConstructionActivities).Assembly.GetManifestResourceStream("Blueprint/python_facts.py")
            ?? throw new InvalidOperationException("Blueprint/python_facts.py is not in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var files = new Dictionary<string, byte[]> { ["request.json"] = PythonFactsReader.Request(blueprint) };
        try
        {
            var said = await python.RunAsync(await reader.ReadToEndAsync(Cancelled), files, FactsLimit, Cancelled);
            return said.ExitCode == 0 ? PythonFactsReader.Parse(said.Output) : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task<FindingSet> KeepAsync(IReadOnlyList<CritiqueFinding> findings)
    {
        var ordered = findings.OrderByDescending(finding => finding.Severity).ToList();
        return new FindingSet(
            await store.PutJsonAsync<IReadOnlyList<CritiqueFinding>>(ordered, Cancelled),
            ordered.Count,
            ordered.Count(finding => finding.Severity == CritiqueSeverity.Blocking),
            [.. ordered.Take(MostLines).Select(finding => PlainText.OneLine(finding.ToString(), 400))]);
    }

    private async Task<string> LastAsync(ArtifactRef conversation) =>
        (await store.ReadConversationAsync(conversation, Cancelled))[^1].Content;

    private Task<ArtifactRef> AskAgainAsync(ArtifactRef conversation, string words) =>
        store.AppendAsync(conversation, [new ChatMessage { Role = ChatRoles.User, Content = words }], Cancelled);

    private static List<string> Short(IReadOnlyList<string> errors) => [.. errors.Take(MostLines).Select(error => PlainText.OneLine(error, 300))];

    private static ApplicationFailureException Invalid(string why) => new(why, FailureTypes.InvalidInput, nonRetryable: true);
}
