using System.Collections;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Starter.RunState;

/// <summary>What makes two inputs different, in the words of the command line.</summary>
public sealed class InputDifferencesTests
{
    /// <summary>Fields that no option of a starting command gives, or that may change between two commands for one name.</summary>
    private static readonly string[] MayDiffer =
    [
        "batch", "parallelism", "budget_usd", "budget_tokens", "budget", "resume", "priority", "weight", "tuning", "carry", "carried", "rules",
        "source.shared_results", "source.list", "item.task_dir", "item.batch", "item.name", "item.prompt_file", "item.model_slug", "item.out_dir",
        "item.fork", "item.re_asks", "item.infrastructure_limit", "item.given", "item.replies", "item.seat",
    ];

    private static readonly string[] LimitsWithoutOption =
    [
        "max_turns", "command_timeout_sec", "max_command_timeout_sec", "host_away_sec", "max_losses", "paused_container_sec", "news_sec", "wait_unit_sec",
        "model_tries", "stop_services",
    ];

    private static IEnumerable Skills()
    {
        yield return Case("--model", "gpt", "gpt-mini", skill => skill with { Model = new ModelChoice(Name: "gpt") }, skill => skill with { Model = new ModelChoice(Name: "gpt-mini") });
        yield return Case("--model (profile)", "default", "local", skill => skill, skill => skill with { Model = new ModelChoice("local") });
        yield return Case("--api-base", "not given", "http://other/v1", skill => skill, skill => skill with { Model = new ModelChoice(ApiBase: "http://other/v1") });
        yield return Case("--agent", "terminal", "codex", skill => skill, skill => skill with { Agent = "codex" });
        yield return Case("--agent-kwarg effort", "not given", "high", skill => skill, skill => skill with { AgentKwargs = new Dictionary<string, string> { ["effort"] = "high" } });
        yield return Case("--max-retries", "8", "5", skill => skill, skill => skill with { MaxAttempts = 5 });
        yield return Case("--budget-usd", "not given", "2.5", skill => skill, skill => skill with { BudgetUsd = 2.5 });
        yield return Case("--pdi-method", "token_overlap", "js_divergence", skill => skill, skill => skill with { Pdi = new PdiSettings(Method: PdiMethod.JsDivergence) });
        yield return Case("--timeout-multiplier", "1", "0.5", skill => skill, skill => skill with { Limits = new AttemptLimits { TimeoutMultiplier = 0.5 } });
        yield return Case("--verifier-timeout-multiplier", "not given", "2", skill => skill, skill => skill with { Limits = new AttemptLimits { VerifierTimeoutMultiplier = 2 } });
        yield return Case("--verdict", "not given", "clean", skill => skill, skill => skill with { Limits = new AttemptLimits { Verdict = VerdictMode.Clean } });
        yield return Case("--max-tokens", "not given", "4096", skill => skill, skill => skill with { Limits = new AttemptLimits { MaxTokens = 4096 } });
        yield return Case("--result-dir", "not given", "/elsewhere", skill => skill, skill => skill with { ResultsRoot = "/elsewhere" });
    }

    [TestCaseSource(nameof(Skills))]
    public void A_setting_of_every_task_differs(BatchInput there, BatchInput here, string expected) =>
        Assert.That(InputDifferences.Of(there, here).Select(difference => $"{difference}"), Is.EqualTo(new[] { expected }));

    [Test]
    public void Tasks_and_folders_differ_and_their_order_and_a_last_slash_do_not()
    {
        var there = Batch(skill => skill) with { Source = new BatchSource { TasksDir = "/tasks", Names = ["a", "b"] } };

        Assert.That(InputDifferences.Of(there, there with { Source = new BatchSource { TasksDir = "/tasks/", Names = ["b", "a"] } }), Is.Empty);
        Assert.That(
            InputDifferences.Of(there, there with { OutDir = "/mine", Source = new BatchSource { TasksDir = "/others", Names = ["a"], Limit = 3 } }).Select(difference => $"{difference}"),
            Is.EqualTo(new[] { "--out: there /out, here /mine", "--limit: there not given, here 3", "--tasks: there a, b, here a", "--tasks-dir: there /tasks, here /others" }));
    }

    [Test]
    public void What_an_operator_may_change_and_what_another_version_wrote_differ_from_nothing()
    {
        var there = Batch(skill => skill with { Limits = new AttemptLimits { ModelTries = 30, MaxTurns = 40 } });

        Assert.That(
            InputDifferences.Of(there, Batch(skill => skill) with
            {
                Parallelism = 9, Priority = 1, Weight = 2, BudgetUsd = 100, BudgetTokens = 5, Resume = true, Tuning = new BatchTuning { ReconcileSec = 1 },
            }),
            Is.Empty);
    }

    [Test]
    public void Work_of_another_kind_is_one_difference()
    {
        var here = Batch(skill => skill) with
        {
            Work = new ConstructionWork(new ConstructionInput { PromptFile = "", Name = "", Batch = "night", ModelSlug = "m", OutDir = "/out" }),
        };

        Assert.That(InputDifferences.Of(Batch(skill => skill), here), Is.EqualTo(new[] { new InputDifference("kind of work", "skills", "tasks") }));
    }

    [Test]
    public void Students_and_arms_of_an_evaluation_differ()
    {
        var there = new EvaluationInput
        {
            Batch = "e", OutDir = "/out", Source = new BatchSource { TasksDir = "/tasks" },
            Students = [new EvaluationStudent("gpt", new ModelChoice(Name: "gpt"))],
            Arms = [new EvaluationArm { Name = "baseline" }, new EvaluationArm { Name = "generated", Source = SkillSource.Generated, Root = "/skills" }],
        };
        var here = there with
        {
            Students = [new EvaluationStudent("gpt", new ModelChoice(Name: "gpt")), new EvaluationStudent("mini", new ModelChoice(Name: "mini"))],
            Arms = [there.Arms[0], there.Arms[1] with { Root = "/other" }],
            Repeats = 3,
            Parallelism = 9,
            Budget = new SpendingLimit(4),
        };

        Assert.That(InputDifferences.Of(there, here).Select(difference => $"{difference}"), Is.EqualTo(new[]
        {
            "folder of the arm's skills: there /skills, here /other", "--repeats: there 1, here 3", "--model: there gpt, here gpt, mini",
        }));
    }

    [Test]
    public void Variants_of_another_task_or_number_differ()
    {
        var there = new FamilyInput { Task = "peaks", Count = 3, Batch = "f", OutDir = "/out" };

        Assert.That(InputDifferences.Of(there, there with { Parallelism = 5 }), Is.Empty);
        Assert.That(
            InputDifferences.Of(there, there with { Task = "rates", Count = 5, TemplateFile = "/t.json" }).Select(difference => $"{difference}"),
            Is.EqualTo(new[] { "--count: there 3, here 5", "TASK: there peaks, here rates", "--template: there not given, here /t.json" }));
    }

    /// <summary>A new option must be compared, or be named above as one that may differ.</summary>
    [Test]
    public void Every_field_of_an_input_is_compared_or_may_differ()
    {
        string[] fields =
        [
            .. Fields(typeof(BatchInput)).Except(["work"]), .. Fields(typeof(EvaluationInput)), .. Fields(typeof(FamilyInput)),
            .. Fields(typeof(BatchSource), "source."), .. Fields(typeof(SkillGenerationInput), "item."), .. Fields(typeof(ConstructionInput), "item."),
        ];
        var limits = Fields(typeof(AttemptLimits)).Select(field => $"limits.{field}").Except(LimitsWithoutOption.Select(field => $"limits.{field}"));

        var unknown = fields.Concat(limits).Distinct()
            .Where(field => !MayDiffer.Contains(field) && !InputDifferences.Compared.Keys.Any(known => known == field || known.StartsWith($"{field}.", StringComparison.Ordinal)));
        Assert.That(unknown.Except(["source"]), Is.Empty);
    }

    private static IEnumerable<string> Fields(Type type, string prefix = "") => type.GetProperties()
        .Where(property => property.CanWrite && property.GetMethod!.IsStatic is false)
        .Select(property => prefix + (property.Name == "Parent" ? "seat" : System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)));

    private static TestCaseData Case(
        string option, string there, string here, Func<SkillGenerationInput, SkillGenerationInput> before, Func<SkillGenerationInput, SkillGenerationInput> now) =>
        new TestCaseData(Batch(before), Batch(now), $"{option}: there {there}, here {here}").SetArgDisplayNames(option);

    private static BatchInput Batch(Func<SkillGenerationInput, SkillGenerationInput> with) => new()
    {
        Batch = "night",
        OutDir = "/out",
        Source = new BatchSource { TasksDir = "/tasks" },
        Work = new SkillWork(with(new SkillGenerationInput { TaskDir = "", Batch = "night", ModelSlug = "m", OutDir = "/out" })),
    };
}
