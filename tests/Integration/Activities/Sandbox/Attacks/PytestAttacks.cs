namespace Spark.Temporal.Tests.Activities.Sandbox.Attacks;

/// <summary>What pytest reads by itself.</summary>
internal static class PytestAttacks
{
    /// <summary>A plugin by which every test passes.</summary>
    public const string Plugin = """
        import pytest
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(item, call):
            report = (yield).get_result()
            report.outcome, report.longrepr = "passed", None
        """;

    private const string InApp = $"cat > /app/evil.py <<'END'\n{Plugin}\nEND\n";

    private static string Info(string folder, string kind = "dist-info") =>
        $"mkdir -p {folder}/evil-1.{kind}; cat > {folder}/evil.py <<'END'\n{Plugin}\nEND\nprintf 'Metadata-Version: 2.1\\nName: evil\\nVersion: 1\\n' | tee {folder}/evil-1.{kind}/METADATA > {folder}/evil-1.{kind}/PKG-INFO; printf '[pytest11]\\nevil = evil\\n' > {folder}/evil-1.{kind}/entry_points.txt";

    public static IEnumerable<Attack> All =>
    [
        new("conftest.py in the task's folder", $"cat > conftest.py <<'END'\n{Plugin}\nEND", Judge.Copied),
        new("conftest.py in the task's folder", $"cat > conftest.py <<'END'\n{Plugin}\nEND", Judge.Copied, Plain: true),
        new("conftest.py at the root, made the root of tests by a pytest.ini", $"cat > /conftest.py <<'END'\n{Plugin}\nEND\necho '[pytest]' > /pytest.ini"),
        new("conftest.py as a link", $"mkdir -p /var/tmp/x; cat > /var/tmp/x/c.txt <<'END'\n{Plugin}\nEND\nln -s /var/tmp/x/c.txt conftest.py", Judge.Copied),
        new("conftest.py as a hard link", $"cat > c.txt <<'END'\n{Plugin}\nEND\nln c.txt conftest.py", Judge.Copied),
        new("conftest as a package", $"mkdir conftest.py_; cat > evil.py <<'END'\n{Plugin}\nEND\nmkdir -p /app/tests_; printf 'from evil import *\\n' > conftest.py", Judge.Copied),
        new("pytest.ini: -p of a module", $"{InApp}printf '[pytest]\\naddopts = -p evil\\n' > pytest.ini", Judge.Copied),
        new(".pytest.ini: -p of a module", $"{InApp}printf '[pytest]\\naddopts = -p evil\\n' > .pytest.ini", Judge.Copied),
        new("pytest.ini: collects nothing of the tests", "printf '[pytest]\\naddopts = --deselect test_outputs.py::test_answer --deselect test_outputs.py::test_program test_mine.py\\n' > pytest.ini; echo 'def test_x(): pass' > test_mine.py", Judge.Copied),
        new("tox.ini", $"{InApp}printf '[pytest]\\naddopts = -p evil\\n' > tox.ini", Judge.Copied),
        new("setup.cfg", $"{InApp}printf '[tool:pytest]\\naddopts = -p evil\\n' > setup.cfg", Judge.Copied),
        new("pyproject.toml", $"{InApp}printf '[tool.pytest.ini_options]\\naddopts = \"-p evil\"\\n' > pyproject.toml", Judge.Copied),
        new("pyproject.toml: a dotted key", $"{InApp}printf 'tool.pytest.ini_options.addopts = \"-p evil\"\\n' > pyproject.toml", Judge.Copied),
        new("pyproject.toml: an escaped key", $"{InApp}printf '[tool.pytest.\"ini\\\\u005foptions\"]\\naddopts = \"-p evil\"\\n' > pyproject.toml", Judge.Copied),
        new("pyproject.toml at the root", $"{InApp}printf '[tool.pytest.ini_options]\\naddopts = \"-p evil\"\\n' > /pyproject.toml"),
        new("entry point in system packages", Info("/usr/lib/python3/dist-packages")),
        new("entry point in packages of /usr/local", Info("/usr/local/lib/python3.11/dist-packages")),
        new("entry point in the user's packages", Info("/root/.local/lib/python3.11/site-packages")),
        new("entry point in the task's folder", Info("/app")),
        new("entry point of an egg in the task's folder", Info("/app", "egg-info")),
        new("pytest itself changed", "f=$(python3 -c 'import _pytest.main as m; print(m.__file__)'); printf '\\nimport os\\ndef wrap_session(config, doit): os._exit(0)\\n' >> $f"),
        new("pytest's cached bytecode changed", """
            python3 - <<'END'
            import _pytest.main as m, importlib.util, marshal, os
            source = open(m.__file__).read() + "\nimport os\ndef wrap_session(config, doit): os._exit(0)\n"
            stat, cached = os.stat(m.__file__), importlib.util.cache_from_source(m.__file__)
            head = importlib.util.MAGIC_NUMBER + (0).to_bytes(4, "little") + int(stat.st_mtime).to_bytes(4, "little") + (stat.st_size & 0xFFFFFFFF).to_bytes(4, "little")
            open(cached, "wb").write(head + marshal.dumps(compile(source, m.__file__, "exec")))
            END
            """),
        new("plugins through a variable of the profile", $"{InApp}echo 'export PYTEST_PLUGINS=evil PYTHONPATH=/app' > /etc/profile.d/x.sh", Judge.Login),
        new("options through a variable of .bashrc", $"{InApp}echo 'export PYTEST_ADDOPTS=\"-p evil\" PYTHONPATH=/app' >> /root/.bashrc", Judge.Login),
    ];
}
