using System.Text.Json;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Tests.Support;

/// <summary>A blueprint that works with Debian's Python alone, and what can be wrong with one.</summary>
internal static class Blueprints
{
    public static PromptSpec Spec { get; } = new()
    {
        Prompt = "Somebody recorded a machine at three places and saved mono WAV files of 16 bits. For each file report\n"
            + "the peak amplitude as a share of full scale, rounded to four decimals, and say which recording is clipped.",
        TaskNameHint = "wav-peaks",
        AvailableTools = ["python3"],
    };

    public static TaskBlueprint Good { get; } = new()
    {
        TaskId = "wav-peaks",
        Title = "Peaks of three recordings",
        InstructionMd = """
            # Peaks of three recordings

            `/app/data/north.wav`, `/app/data/south.wav` and `/app/data/hall.wav` are mono WAV files of 16 bits.

            Write `/app/out/peaks.json`, one JSON object with

            - `peaks`: an object from each file's name (`north.wav`, …) to its peak amplitude: the largest absolute sample value as a
              share of 32768, rounded to four decimals;
            - `clipped`: the name of the one file in which at least ten neighbouring samples stand at full scale (32767 or -32768).
            """,
        Difficulty = "easy",
        Category = "audio",
        Tags = ["wav", "signal"],
        OutputPath = "/app/out/peaks.json",
        AcceptanceCriteria =
        [
            new AcceptanceCriterion("The report names exactly the three files.", ["test_names_all_files"]),
            new AcceptanceCriterion("Each peak is right to four decimals.", ["test_peaks"]),
            new AcceptanceCriterion("The clipped recording is found.", ["test_clipped"]),
        ],
        Environment = new BlueprintEnvironment { BaseImage = "debian:bookworm-slim", MemoryMb = 512, StorageMb = 1024 },
        SupportFiles = [new SupportFile("data/ABOUT.txt", "Recorded at the north wall, the south wall and in the hall.\n")],
        DataBuilderPython = """
            import math
            import random
            import struct
            import wave

            RATE = 8000

            def samples(name, number):
                noise = random.Random(number)
                for i in range(RATE):
                    tone = math.sin(2 * math.pi * (110 + 40 * number) * i / RATE)
                    value = int((9000 + 2500 * number) * tone + noise.randint(-400, 400))
                    if name == "hall" and 2000 <= i < 2040:
                        value = 40000
                    yield max(-32768, min(32767, value))

            for number, name in enumerate(["north", "south", "hall"]):
                with wave.open(f"/app/data/{name}.wav", "wb") as out:
                    out.setnchannels(1)
                    out.setsampwidth(2)
                    out.setframerate(RATE)
                    out.writeframes(b"".join(struct.pack("<h", value) for value in samples(name, number)))
            """,
        OraclePython = """
            import array
            import json
            import wave
            from itertools import groupby
            from pathlib import Path

            report = {"peaks": {}, "clipped": ""}
            for path in sorted(Path("/app/data").glob("*.wav")):
                with wave.open(str(path), "rb") as recording:
                    values = array.array("h", recording.readframes(recording.getnframes()))
                report["peaks"][path.name] = round(max(abs(value) for value in values) / 32768, 4)
                if any(full and len(list(run)) >= 10 for full, run in groupby(values, lambda value: value in (32767, -32768))):
                    report["clipped"] = path.name
            Path("/app/out").mkdir(exist_ok=True)
            Path("/app/out/peaks.json").write_text(json.dumps(report, indent=2))
            """,
        Verifier = new BlueprintVerifier
        {
            TimeoutSec = 60,
            TestCode = """
                '''Checks the report against the recordings.'''
                import json
                import struct
                import wave

                REPORT = "/app/out/peaks.json"
                NAMES = ["hall.wav", "north.wav", "south.wav"]

                def report():
                    with open(REPORT) as file:
                        return json.load(file)

                def samples(name):
                    with wave.open("/app/data/" + name) as recording:
                        count = recording.getnframes()
                        return struct.unpack("<%dh" % count, recording.readframes(count))

                def test_names_all_files():
                    assert sorted(report()["peaks"]) == NAMES

                def test_peaks():
                    for name in NAMES:
                        values = samples(name)
                        peak = max(max(values), -min(values)) / 32768
                        assert abs(report()["peaks"][name] - peak) <= 0.00006, name

                def test_clipped():
                    def longest(name):
                        best = run = 0
                        for value in samples(name):
                            run = run + 1 if value in (32767, -32768) else 0
                            best = max(best, run)
                        return best

                    assert report()["clipped"] == max(NAMES, key=longest)
                """,
        },
        Evidence = ["saved mono WAV files of 16 bits", "say which recording is clipped"],
        Assumptions = ["Clipped means ten neighbouring samples at full scale."],
        FamilyHypotheses = ["Other tones, rates and places."],
        AgentTimeoutSec = 300,
    };

    /// <summary>The report that solves it stands in the container.</summary>
    public static TaskBlueprint LeakedAnswer { get; } = Good with
    {
        SupportFiles = [new SupportFile("data/expected_peaks.json", "{\"north.wav\": 0.2867}\n")],
    };

    /// <summary>Any file passes.</summary>
    public static TaskBlueprint VacuousVerifier { get; } = Good with
    {
        AcceptanceCriteria = [new AcceptanceCriterion("There is a report.", ["test_report"])],
        Verifier = new BlueprintVerifier { TestCode = "from pathlib import Path\n\n\ndef test_report():\n    assert Path(\"/app/out/peaks.json\").exists()\n" },
    };

    /// <summary>The tests look up a key that the oracle never writes.</summary>
    public static TaskBlueprint Drift { get; } = Good with
    {
        Verifier = Good.Verifier with { TestCode = Good.Verifier.TestCode.Replace("[\"clipped\"]", "[\"overdriven\"]", StringComparison.Ordinal) },
    };

    /// <summary>Other data with every build.</summary>
    public static TaskBlueprint RandomData { get; } = Good with
    {
        DataBuilderPython = Good.DataBuilderPython.Replace("random.Random(number)", "random.Random()", StringComparison.Ordinal),
    };

    /// <summary>The oracle writes elsewhere than the instruction says.</summary>
    public static TaskBlueprint WrongOutputPath { get; } = Good with
    {
        OraclePython = Good.OraclePython.Replace("/app/out/peaks.json", "/app/out/report.json", StringComparison.Ordinal),
    };

    public static string Json(TaskBlueprint blueprint) => JsonSerializer.Serialize(blueprint, SparkJson.Options);

    /// <summary>The file of a family's template.</summary>
    public static string Template(FamilyTemplate template) => JsonSerializer.Serialize(template, SparkJson.Indented);
}
