using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Evidence;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.RunOptions;

/// <summary>Options shared by all commands that start runs; names follow the original where it has the option.</summary>
internal sealed class RunSettings
{
    private readonly Option<string?> _model = new("--model")
    {
        Description = "Model of the agent: NAME, or PROFILE::NAME for a profile of the worker's settings. Default: the profile's own.",
    };

    private readonly Option<string?> _apiBase = new("--api-base") { Description = "Endpoint to use instead of the profile's; the worker's settings must allow it." };

    private readonly Option<int?> _maxTokens = Positive(new Option<int?>("--max-tokens") { Description = "Most tokens in one reply of the agent." });

    private readonly Option<string?> _budgets = new("--token-budgets") { Description = "File of token limits by purpose (token_budgets.json)." };

    private readonly Option<string?> _verdict = new("--verdict")
    {
        Description = "Where trials are verified: shared (in the agent's container, as Harbor does), clean (in a new one with the agent's changes outside system folders), both (compared; clean counts). Without it: clean for tasks made here, shared for others; a task's own separate verifier stays.",
    };

    private readonly Option<string[]> _taskEnv = new("--task-env")
    {
        Description = "A variable of the worker that tasks may have in their env (${NAME}); may be given again for others.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<double?> _verifierMultiplier = new("--verifier-timeout-multiplier") { Description = "Factor on the tasks' verifier time-outs. Default: 1." };
    private readonly Option<double> _multiplier;
    private readonly bool _withModel;

    private readonly Option<string> _out = new("--out", "--output-dir")
    {
        Description = "Folder under which results are written.",
        DefaultValueFactory = _ => ".",
    };

    private readonly Option<string?> _key = new("--api-key") { Hidden = true };
    private readonly Option<string?> _summaryKey = new("--summary-api-key") { Hidden = true };

    /// <param name="multiplier">Factor on time-outs where none is given.</param>
    /// <param name="withModel">Whether one model is chosen; a command that takes several has an option of its own.</param>
    public RunSettings(double multiplier = 1.0, bool withModel = true)
    {
        _withModel = withModel;
        _multiplier = new Option<double>("--timeout-multiplier")
        {
            Description = "Factor on the tasks' agent time-outs; the verifier's stay (--verifier-timeout-multiplier).",
            DefaultValueFactory = _ => multiplier,
        };
        foreach (var factor in new Option[] { _multiplier, _verifierMultiplier })
        {
            factor.Validators.Add(result =>
            {
                if (result.Tokens.Count > 0 && Number(result) is not (> 0 and <= 100))
                {
                    result.AddError($"{factor.Name} is a factor above 0, at most 100; it was '{result.Tokens[0].Value}'.");
                }
            });
        }

        _verdict.AcceptOnlyFromAmong("shared", "clean", "both");
        foreach (var key in new[] { _key, _summaryKey })
        {
            key.Validators.Add(result => result.AddError(
                $"{key.Name} is refused: on a command line, other users and the shell's history would see the key. Set OPENAI_API_KEY in the worker's environment or in its .env file."));
        }
    }

    public void AddTo(Command command)
    {
        if (_withModel)
        {
            command.Add(_model);
        }

        foreach (var option in new Option[] { _apiBase, _maxTokens, _budgets, _multiplier, _verifierMultiplier, _verdict, _taskEnv, _out, _key, _summaryKey })
        {
            command.Add(option);
        }
    }

    public string OutDir(ParseResult parsed) => Path.GetFullPath(parsed.GetValue(_out)!);

    public string? ApiBase(ParseResult parsed) => parsed.GetValue(_apiBase);

    public ModelChoice Model(ParseResult parsed) => Choice(parsed.GetValue(_model), parsed.GetValue(_apiBase));

    public AttemptLimits Limits(ParseResult parsed) => new()
    {
        TimeoutMultiplier = parsed.GetValue(_multiplier),

        // A factor that changes nothing is none, so that naming it makes no other run.
        VerifierTimeoutMultiplier = parsed.GetValue(_verifierMultiplier) is { } factor and not 1 ? factor : null,
        Verdict = parsed.GetValue(_verdict) is { } verdict ? Enum.Parse<VerdictMode>(verdict, ignoreCase: true) : null,
        TaskEnv = parsed.GetValue(_taskEnv) is { Length: > 0 } names ? names : null,
        MaxTokens = parsed.GetValue(_maxTokens),
        Budgets = parsed.GetValue(_budgets) is { } file ? Budgets(file) : null,
    };

    private static TokenBudgets Budgets(string file)
    {
        try
        {
            return TokenBudgets.Parse(File.ReadAllText(file), file);
        }
        catch (Exception mistake) when (mistake is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(mistake.Message, ExitCodes.Usage);
        }
    }

    /// <summary>Name of the model in folders and ids.</summary>
    public static string Slug(ModelChoice model) => PlainText.Slug(model.Name ?? model.Profile);

    public static ModelChoice Choice(string? text, string? apiBase)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return new ModelChoice(ApiBase: apiBase);
        }

        // Names such as "llama3:8b" hold a colon too; a profile's name has only characters that a settings section can have.
        var colon = text.IndexOf("::", StringComparison.Ordinal);
        return colon < 0 ? new ModelChoice(Name: text, ApiBase: apiBase)
            : new ModelChoice(text[..colon], text[(colon + 2)..] is { Length: > 0 } name ? name : null, apiBase);
    }

    public static Option<T> Positive<T>(Option<T> option)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(Number(result) > 0))
            {
                result.AddError($"{option.Name} is a number above 0; it was '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }

    /// <summary>An option that is a whole number of a range.</summary>
    public static Option<T> Between<T>(int least, int most, Option<T> option)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most))
            {
                result.AddError($"{option.Name} is a whole number from {least} {(most == int.MaxValue ? "on" : $"to {most}")}; it was '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }

    /// <summary>
    /// The finite number on the command line; the default where the option is missing, null where the value is not a
    /// number.
    /// </summary>
    private static double? Number(OptionResult result) =>
        result.Tokens.Count == 0 ? Convert.ToDouble(result.Option.GetDefaultValue(), CultureInfo.InvariantCulture)
        : double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value
        : null;
}

/// <summary>Options of skill runs.</summary>
internal sealed class SkillSettings
{
    private readonly Option<string?> _summaryModel = new("--summary-model") { Description = "Model that reflects and distills. Default: the agent's." };
    private readonly Option<string?> _summaryBase = new("--summary-api-base") { Description = "Its endpoint." };
    private readonly Option<int> _retries = RunSettings.Positive(new Option<int>("--max-retries") { Description = "Attempts per task.", DefaultValueFactory = _ => 8 });
    private readonly Option<bool> _pdi = new("--pdi-enabled") { Description = "Compute the PDI proxy after every reflection.", DefaultValueFactory = _ => true };
    private readonly Option<bool> _observe = new("--pdi-observe-only") { Description = "Compute and record the PDI proxy, but never intervene." };
    private readonly Option<double?> _budget = RunSettings.Positive(new Option<double?>("--budget-usd") { Description = "Dollars that a task may cost; then its run waits." });
    private readonly Option<long?> _tokens = RunSettings.Positive(new Option<long?>("--budget-tokens") { Description = "Tokens that a task may send and receive; then its run waits." });

    private readonly Option<int?> _evidence = new("--evidence-characters") { Description = "Characters of the evidence that a skill is distilled from, at least 1,000. Default: as many as fit the model." };

    private readonly Option<string> _method = new Option<string>("--pdi-method")
    {
        Description = "How the PDI proxy compares texts.",
        DefaultValueFactory = _ => "token_overlap",
    }.AcceptOnlyFromAmong("token_overlap", "js_divergence");

    private readonly Option<string?> _results = new("--result-dir") { Description = "Folder for skills and their records, with one folder per model. Default: skills_gen_result/ under --out." };

    private readonly AgentSettings _agent = new();

    public void AddTo(Command command)
    {
        _agent.AddTo(command);
        foreach (var option in new Option[] { _summaryModel, _summaryBase, _retries, _pdi, _observe, _method, _budget, _tokens, _results, _evidence })
        {
            command.Add(option);
        }
    }

    /// <summary>The recorded runs that the agent <c>replay</c> re-enacts; null for every other agent.</summary>
    public BatchSource? Recordings(ParseResult parsed) =>
        _agent.Agent(parsed) == AgentNames.Replay ? RecordedRuns.Source(_agent.Kwargs(parsed)) : null;

    /// <summary>What every task of a batch gets; the task's folder is filled in for each.</summary>
    public SkillGenerationInput Template(ParseResult parsed, RunSettings run, string batch) => new()
    {
        TaskDir = "",
        Batch = batch,
        Agent = _agent.Agent(parsed),
        AgentKwargs = _agent.Kwargs(parsed),
        Model = run.Model(parsed),
        SummaryModel = parsed.GetValue(_summaryModel) is null && parsed.GetValue(_summaryBase) is null
            ? null
            : RunSettings.Choice(parsed.GetValue(_summaryModel) ?? run.Model(parsed).Name, parsed.GetValue(_summaryBase)),
        ModelSlug = RunSettings.Slug(run.Model(parsed)),
        MaxAttempts = parsed.GetValue(_retries),
        Pdi = new PdiSettings(
            parsed.GetValue(_pdi),
            parsed.GetValue(_observe),
            parsed.GetValue(_method) == "js_divergence" ? PdiMethod.JsDivergence : PdiMethod.TokenOverlap),
        Limits = run.Limits(parsed),
        BudgetUsd = parsed.GetValue(_budget),
        BudgetTokens = parsed.GetValue(_tokens),
        EvidenceCharacters = parsed.GetValue(_evidence) is not { } characters ? null
            : characters >= SkillEvidence.MinCharacters ? characters : throw new CliException($"--evidence-characters is at least {SkillEvidence.MinCharacters}; it was {characters}", ExitCodes.Usage),
        OutDir = run.OutDir(parsed),
        ResultsRoot = parsed.GetValue(_results) is { } results ? Path.GetFullPath(results) : null,
    };
}
