namespace Spark.Temporal.Tests.Activities.Sandbox.Attacks;

/// <summary>What Python imports by itself, or in the place of what was asked for.</summary>
internal static class PythonAttacks
{
    /// <summary>Ends pytest in good order before it has begun.</summary>
    private const string Quit = "import sys, os; \"pytest\" in sys.orig_argv and os._exit(0)";

    private static string Write(string path) => $"mkdir -p $(dirname {path}); echo '{Quit}' > {path}";

    public static IEnumerable<Attack> All =>
    [
        new("sitecustomize in the library", Write("/usr/lib/python3.11/sitecustomize.py")),
        new("sitecustomize in packages of /usr/local", Write("/usr/local/lib/python3.11/dist-packages/sitecustomize.py")),
        new("usercustomize of root", Write("/root/.local/lib/python3.11/site-packages/usercustomize.py")),
        new("sitecustomize of a virtual environment", Write("/opt/venv/lib/python3.11/site-packages/sitecustomize.py"), Judge.Login),
        new("sitecustomize through PYTHONPATH in /etc/profile", $"{Write("/app/boot/sitecustomize.py")}; echo 'export PYTHONPATH=/app/boot' >> /etc/profile", Judge.Login),
        new(".pth in system packages", Write("/usr/lib/python3/dist-packages/a.pth")),
        new(".pth in the user's packages", Write("/root/.local/lib/python3.11/site-packages/a.pth")),
        new(".pth of a virtual environment", Write("/opt/venv/lib/python3.11/site-packages/a.pth"), Judge.Login),
        new("pyvenv.cfg sends to another library", $"mkdir -p /opt/alt/bin /opt/alt/lib; cp -r /usr/lib/python3.11 /opt/alt/lib/; cp /usr/bin/python3.11 /opt/alt/bin/python3; {Write("/opt/alt/lib/python3.11/sitecustomize.py")}; sed -i 's,^home.*,home = /opt/alt/bin,' /opt/venv/pyvenv.cfg; ln -sf /opt/alt/bin/python3 /opt/venv/bin/python3", Judge.Login),
        new("standard library changed", "sed -i '1i import sys, os; \"pytest\" in sys.orig_argv and os._exit(0)' /usr/lib/python3.11/json/__init__.py"),
        new("json.py in the task's folder", Write("/app/json.py")),
        new("json.py in the task's folder", Write("/app/json.py"), Plain: true),
        new("json as a folder", Write("/app/json/__init__.py")),
        new("json as bytecode without a source", $"echo '{Quit}' > /tmp/j.py; python3 -c 'import py_compile; py_compile.compile(\"/tmp/j.py\", \"/app/json.pyc\")'"),
        new("json.py below an __init__.py of its own", $"{Write("/app/json.py")}; touch /app/__init__.py"),
        new("pytest.py in the task's folder", Write("/app/pytest.py")),
        new("pytest as a folder with a __main__", $"{Write("/app/pytest/__main__.py")}; touch /app/pytest/__init__.py"),
        new("_pytest as a folder", Write("/app/_pytest/__init__.py")),
        new("pluggy.py, which pytest needs", Write("/app/pluggy.py")),
        new("tempfile.py, which pytest needs", Write("/app/tempfile.py")),
        new("json.py as a link", $"{Write("/var/tmp/q.txt")}; ln -s /var/tmp/q.txt /app/json.py"),
        new("json as a link to a folder", $"{Write("/var/tmp/q/__init__.py")}; ln -s /var/tmp/q /app/json"),
        new("encoding of the standard library in __pycache__", """
            python3 - <<'END'
            import json, importlib.util, marshal, os
            source = open(json.__file__).read() + "\nimport sys, os\nif 'pytest' in sys.orig_argv: os._exit(0)\n"
            stat, cached = os.stat(json.__file__), importlib.util.cache_from_source(json.__file__)
            head = importlib.util.MAGIC_NUMBER + (0).to_bytes(4, "little") + int(stat.st_mtime).to_bytes(4, "little") + (stat.st_size & 0xFFFFFFFF).to_bytes(4, "little")
            open(cached, "wb").write(head + marshal.dumps(compile(source, json.__file__, "exec")))
            END
            """),
        new("PYTHONSTARTUP and BASH_ENV in /etc/environment", "printf 'PYTHONSTARTUP=/app/x\\nBASH_ENV=/app/x\\n' >> /etc/environment"),
    ];
}
