using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>Here-documents build on an engine whose builder does not know them.</summary>
[Category("Docker")]
public sealed class HeredocTests
{
    [Test]
    public async Task Those_of_RUN_are_commands_of_the_shell_that_the_Dockerfile_names()
    {
        var answer = await BuiltAsync(
            """
            FROM debian:bookworm-slim
            ARG WHO=world
            ENV GREETING="hello $WHO"
            RUN <<EOF
            # not a comment of the Dockerfile
            echo "$0 $GREETING \"quoted\"" > /sh

            echo \
              'it''s' >> /sh
            EOF
            SHELL ["/bin/bash", "-o", "pipefail", "-c"]
            RUN <<EOF
            x=(one "two words")
            echo "${x[1]} $WHO" > /bash
            if false | true; then echo no; else echo pipefail; fi >> /bash
            EOF
            RUN cat <<EOF > /expanded && cat <<'EOF' > /literal
            $GREETING \$x
            EOF
            $GREETING "é"
            EOF
            RUN <<ONE cat > /one && <<-TWO cat > /two
            1
            ONE
            	2
            		2
            	TWO
            """,
            "cat /sh /bash /expanded /literal /one /two");
        Assert.That(answer, Is.EqualTo("/bin/sh hello world \"quoted\"\nits\ntwo words world\npipefail\nhello world $x\n$GREETING \"é\"\n1\n2\n2\n"));
    }

    [Test]
    public async Task A_first_line_with_an_interpreter_is_respected_also_for_a_plain_user()
    {
        var answer = await BuiltAsync(
            """
            # escape=`
            FROM debian:bookworm-slim
            RUN <<EOF
            #!/usr/bin/env -S bash -e
            x=(a b); echo "${x[1]} $BASH_VERSION" | cut -c 1-3 > /root.txt
            chmod 777 /srv
            EOF
            USER nobody
            RUN <<EOF
            #!/usr/bin/perl -w
            open(F, '>', '/srv/perl'); print F "$< ", 6*7, "\n"; close(F);
            EOF
            RUN perl - <<'EOF' `
              more
            open(F, '>', '/srv/stdin'); print F "@ARGV\n"; close(F);
            EOF
            """,
            "cat /root.txt /srv/perl /srv/stdin; ls /dev/shm");
        Assert.That(answer, Is.EqualTo("b 5\n65534 42\nmore\n"));
    }

    [Test]
    public async Task A_script_longer_than_a_line_of_the_builder_is_whole()
    {
        var body = string.Concat(Enumerable.Range(0, 4_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"#  {i:00000} \\ \" x\n")));
        var answer = await BuiltAsync($"FROM debian:bookworm-slim\nRUN <<EOF\n#!/usr/bin/perl\n{body}open(F, '>', '/end'); print F -s $0; close(F);\nEOF\nCOPY <<'EOF' /copied\n{body}EOF\nRUN <<EOF\n{body}wc -c < /copied > /plain\nEOF\n", "cat /plain /end");
        Assert.That(answer, Is.EqualTo($"{body.Length}\n{"#!/usr/bin/perl\n".Length + body.Length + "open(F, '>', '/end'); print F -s $0; close(F);\n".Length}"));
    }

    [Test]
    public async Task Those_of_COPY_are_files_with_variables_owner_and_mode()
    {
        var answer = await BuiltAsync(
            """
            ARG GLOBAL=g
            FROM debian:bookworm-slim AS base
            ENV APP=/srv/app
            FROM base
            ARG GLOBAL
            ARG APP=hidden UNSET
            COPY <<EOF $APP/expanded
            $APP ${GLOBAL}${UNSET} ${UNSET:-default $GLOBAL} ${APP:+set} \$APP "'$APP'" $UNSET. 5$ $PATH
            EOF
            COPY --chown=12:34 --chmod=750 <<"one.sh" <<-'two.txt' /srv/
            #!/bin/sh
            echo $APP \\x
            one.sh
            	tab
            two.txt
            ADD --link file.txt <<EOF /srv/mixed/
            mixed
            EOF
            """,
            "cat /srv/app/expanded; stat -c '%n %u:%g %a' /srv/one.sh /srv/two.txt /srv/app/expanded; /srv/one.sh; cat /srv/two.txt /srv/mixed/EOF /srv/mixed/file.txt",
            ("file.txt", "of the context\n"));
        Assert.That(answer, Is.EqualTo(
            "/srv/app g default g set $APP \"'/srv/app'\" . 5$ /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
            + "/srv/one.sh 12:34 750\n/srv/two.txt 12:34 750\n/srv/app/expanded 0:0 644\n/srv/app \\x\ntab\nmixed\nof the context\n"));
    }

    [Test]
    public async Task A_shell_of_the_base_image_holds()
    {
        await using var bench = new SandboxBench();
        var below = await bench.BuildAsync("FROM debian:bookworm-slim\nSHELL [\"/bin/bash\", \"-c\"]\n");
        var image = await bench.BuildAsync($"ARG BASE={below.Image}\nFROM $BASE\nRUN <<EOF\nx=(1 2); echo ${{#x[@]}} > /out\nEOF\n");
        Assert.That(await AnswerAsync(bench, image.Image, "cat /out"), Is.EqualTo("2\n"));
    }

    [TestCase("RUN <<EOF\nexit 7\nEOF\n", "returned a non-zero code: 7")]
    [TestCase("RUN true\nCOPY <<EOF /x\n${A#b}\nEOF\n", "line 3: COPY: ${A#…} is not supported without BuildKit")]
    [TestCase("RUN true\nRUN --mount=type=cache,target=/x true\nCOPY --chmod=755 Dockerfile /x\n", "line 3: RUN --mount; line 4: COPY --chmod needs BuildKit, which this host does not have; install Docker's buildx plugin")]
    public async Task What_does_not_build_is_named_with_its_line(string steps, string message)
    {
        await using var bench = new SandboxBench();
        if (await bench.Services.GetRequiredService<BuildKitClient>().IsReadyAsync(CancellationToken.None))
        {
            Assert.Ignore("this host has BuildKit");
        }

        var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() => bench.BuildAsync($"FROM debian:bookworm-slim\n{steps}", digest: Guid.NewGuid().ToString("n")));
        Assert.That(failure!.ErrorType, Is.EqualTo(FailureTypes.BuildFailed));
        Assert.That(failure.Message, Does.StartWith("environment/Dockerfile does not build: ").And.Contain(message));
    }

    private static async Task<string> BuiltAsync(string dockerfile, string command, params (string Name, string Content)[] files)
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(dockerfile, files: files);
        return await AnswerAsync(bench, image.Image, command);
    }

    private static async Task<string> AnswerAsync(SandboxBench bench, string image, string command)
    {
        var started = await bench.StartAsync(image);
        var (_, answers) = await bench.TurnAsync(started.Container, 1, 30, [command]);
        return answers[0].Content;
    }
}
