using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Evaluation;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Evaluation;

public sealed class EvaluationReportTests
{
    [Test]
    public void A_summary_is_as_its_schema_says_and_reads_back_as_it_was()
    {
        var summary = Evaluations.Made("small", "large")[0];
        var text = JsonSerializer.Serialize(summary, SparkJson.Indented);

        Assert.That(JsonShape.Check(Schema(), JsonDocument.Parse(text).RootElement), Is.Empty);
        Assert.That(JsonSerializer.Serialize(JsonSerializer.Deserialize<EvaluationSummary>(text, SparkJson.Options), SparkJson.Indented), Is.EqualTo(text));
    }

    [Test]
    public void The_schema_refuses_what_is_not_documented()
    {
        var text = JsonSerializer.Serialize(Evaluations.Made("small")[0], SparkJson.Options);
        var more = text.Insert(1, "\"extra\":1,");
        var less = text.Replace("\"agent\":\"terminal\",", "");

        Assert.That(JsonShape.Check(Schema(), JsonDocument.Parse(more).RootElement), Has.Count.EqualTo(1));
        Assert.That(JsonShape.Check(Schema(), JsonDocument.Parse(less).RootElement), Has.Count.EqualTo(1));
    }

    [Test]
    public void The_Markdown_names_harmed_tasks_and_lets_no_words_become_markup()
    {
        var report = EvaluationReport.Of(Evaluations.Made("small")[0]);

        Assert.That(report, Does.Contain("| generated | baseline | 4 | +0.250 |").And.Contain("| task-&lt;0> |\n"), "Δr and the harmed task");
        Assert.That(report, Does.Contain("skipped | no SKILL.md in /human/task-3 \\| &lt;b> |"));
        Assert.That(report, Does.Not.Contain("<b>"));
    }

    [Test]
    [Category("Slow")]
    public async Task The_page_opens_with_every_picture_visible_and_fetches_nothing()
    {
        using var folder = new TemporaryFolder();
        var page = folder.Write("report.html", EvaluationPage.Of(Evaluations.Made("small", "large")[0]));
        await using var tab = await Browser.OpenAsync();
        List<string> requests = [];
        tab.Page.Request += (_, request) => requests.Add(request.Url);

        await tab.GoAsync(new Uri(page).AbsoluteUri);

        var pictures = await tab.Page.Locator("figure svg").AllAsync();
        Assert.That(pictures, Has.Count.EqualTo(5), "pass rates, two of Δr, costs, transfer");
        foreach (var picture in pictures)
        {
            var box = (await picture.BoundingBoxAsync())!;
            Assert.That((await picture.IsVisibleAsync(), box.Width > 600, box.Height > 60), Is.EqualTo((true, true, true)), await picture.GetAttributeAsync("aria-label"));
            Assert.That(await picture.Locator("text").CountAsync(), Is.GreaterThan(2));
            Assert.That(await picture.EvaluateAsync<bool>(
                "svg => [...svg.querySelectorAll('text,rect,circle')].every(shape => { const a = shape.getBoundingClientRect(), b = svg.getBoundingClientRect(); return a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1 })"),
                Is.True,
                $"nothing is cut off: {await picture.GetAttributeAsync("aria-label")}");
        }

        await tab.SeesAsync("generated harms one task: task-<0>");
        Assert.That(requests.Where(request => !request.StartsWith("file:", StringComparison.Ordinal)), Is.Empty);
        Assert.That(tab.Complaints, Is.Empty);
        await tab.ShootAsync("evaluation-report", wholePage: true);
    }

    /// <summary>The schema with its definitions put in place and without what only people read.</summary>
    private static JsonElement Schema()
    {
        using var file = typeof(EvaluationSummary).Assembly.GetManifestResourceStream("Evaluation/summary.schema.json")!;
        var schema = JsonNode.Parse(file)!.AsObject();
        return JsonSerializer.SerializeToElement(Plain(schema, schema["$defs"]!.AsObject()));
    }

    private static JsonNode? Plain(JsonNode? node, JsonObject definitions) => node switch
    {
        JsonObject reference when reference["$ref"] is { } target => Plain(definitions[target.GetValue<string>()["#/$defs/".Length..]], definitions),
        JsonObject fields => new JsonObject(fields
            .Where(field => !(field.Key is "$schema" or "$defs" or "title" or "format" || (field.Key == "description" && field.Value is JsonValue)))
            .Select(field => KeyValuePair.Create(field.Key, Plain(field.Value, definitions)))),
        JsonArray items => new JsonArray([.. items.Select(item => Plain(item, definitions))]),
        _ => node?.DeepClone(),
    };
}
