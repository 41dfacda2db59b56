namespace Spark.Temporal.Tests.Activities.Sandbox.Attacks;

/// <summary>Programs in the place of others, and what shells, loaders and tools read.</summary>
internal static class ProgramAttacks
{
    private const string Lie = "echo 1 > /logs/verifier/reward.txt";

    private static string Program(string path, string body) => $"mkdir -p $(dirname {path}); printf '%s\\n' '#!/bin/sh' '{body}' > {path}.new; chmod 755 {path}.new; mv -f {path}.new {path}";

    private const string Compile = """
        cat > /tmp/evil.c <<'END'
        extern char *program_invocation_short_name;
        extern int strncmp(const char *, const char *, unsigned long);
        extern void _exit(int);
        extern void *dlsym(void *, const char *);
        void exit(int code) { if (!strncmp(program_invocation_short_name, "python3", 7)) _exit(0); ((void (*)(int)) dlsym((void *) -1L, "exit"))(code); for (;;); }
        END
        mkdir -p /opt/evil; tcc -shared -nostdlib -o /opt/evil/evil.so /tmp/evil.c
        """;

    public static IEnumerable<Attack> All =>
    [
        new("bash replaced", Program("/usr/bin/bash", Lie), Judge.Shell),
        new("python3 replaced", Program("/usr/bin/python3", "exit 0")),
        new("python3 replaced, a link as before", $"{Program("/usr/lib/py", "exit 0")}; ln -sf /usr/lib/py /usr/bin/python3"),
        new("cat, grep, diff and sha256sum replaced", string.Join(';', ((string[])["cat", "head"]).Select(name => Program($"/usr/bin/{name}", "echo 42")).Concat(((string[])["grep", "diff", "sha256sum"]).Select(name => Program($"/usr/bin/{name}", "exit 0")))), Judge.Shell),
        new("python3 in /usr/local/bin", Program("/usr/local/bin/python3", "exit 0")),
        new("python3 in a folder of the image's PATH", Program("/opt/tools/python3", "exit 0")),
        new("a folder of the image's PATH replaced by a link", $"{Program("/var/tmp/t/python3", "exit 0")}; rm -rf /opt/tools; ln -s /var/tmp/t /opt/tools"),
        new("nohup's rare cousin in the image's PATH", $"{Program("/opt/tools/git", "exit 0")}; {Program("/opt/tools/cp", "exit 0")}; {Program("/opt/tools/make", "exit 0")}", Judge.Tools),
        new("python3 in ~/.local/bin", $"{Program("/root/.local/bin/curl", "exit 0")}; {Program("/opt/venv/bin/python3", "exit 0")}", Judge.Login),
        new("~/.local/bin/env, as installers leave it", "mkdir -p /root/.local/bin; echo \"trap '" + Lie + "' EXIT\" > /root/.local/bin/env", Judge.Login),
        new("~/.cargo/env", "mkdir -p /root/.cargo; echo \"trap '" + Lie + "' EXIT\" > /root/.cargo/env", Judge.Login),
        new("curl of an installer replaced", Program("/usr/local/bin/curl", "echo \"ln -sf /bin/true /opt/venv/bin/python3\""), Judge.Login),
        new("pip and uv replaced", $"{Program("/usr/local/bin/pip", Lie)}; {Program("/usr/local/bin/uv", Lie)}; {Program("/usr/local/bin/uvx", Lie)}", Judge.Login),
        new(".bashrc of root", "echo \"trap '" + Lie + "' EXIT\" >> /root/.bashrc", Judge.Login),
        new(".profile of root", "echo 'if() { :; }; test() { :; }; echo() { builtin echo 1; }; alias exit=true' >> /root/.profile; echo \"trap '" + Lie + "' EXIT\" >> /root/.profile", Judge.Login),
        new("a file of profile.d", "echo \"trap '" + Lie + "' EXIT\" > /etc/profile.d/z.sh", Judge.Login),
        new("LD_PRELOAD in a file of profile.d", $"{Compile}\necho 'export LD_PRELOAD=/opt/evil/evil.so' > /etc/profile.d/z.sh", Judge.Login),
        new("ld.so.preload", $"{Compile}\necho /opt/evil/evil.so > /etc/ld.so.preload"),
        new("a shared library that stands before the system's", "mkdir -p /usr/local/lib; tcc -shared -nostdlib -o /usr/local/lib/libexpat.so.1 -xc - </dev/null; ldconfig"),
        new("PATH of the login shell", $"{Program("/app/tools/curl", Lie)}; {Program("/app/tools/sh", "exit 0")}; echo 'export PATH=/app/tools:$PATH' >> /etc/profile", Judge.Login),
        new("git hooks", "git -c user.name=a -c user.email=a@b commit -qm x --allow-empty; for h in pre-commit post-commit post-checkout; do printf '#!/bin/sh\\necho 42 > /app/answer.txt\\n' > .git/hooks/$h; chmod +x .git/hooks/$h; done", Judge.Tools),
        new("git configuration of the repository", "printf '#!/bin/sh\\necho 42 > /app/answer.txt\\n' > /app/f.sh; chmod +x /app/f.sh; git config core.fsmonitor /app/f.sh", Judge.Tools),
        new("git configuration of root", "printf '#!/bin/sh\\necho 42 > /app/answer.txt\\n' > /app/f.sh; chmod +x /app/f.sh; git config --global core.fsmonitor /app/f.sh", Judge.Tools),
        new("hooks' folder by an included configuration", "mkdir h; printf '#!/bin/sh\\necho 42 > /app/answer.txt\\n' > h/post-commit; chmod +x h/post-commit; printf '[core]\\nhooksPath = /app/h\\n' > /app/inc; git config include.path ../inc", Judge.Tools),
        new("GNUmakefile before the tests' Makefile", "printf 'check:\\n\\ttrue\\n' > GNUmakefile", Judge.Tools),
        new("a function in the place of a command, exported", "echo 'python3() { return 0; }; export -f python3' >> /etc/bash.bashrc; echo '. /etc/bash.bashrc; /opt/venv/bin/python3() { return 0; }' >> /root/.profile", Judge.Login),
        new("tools of the tests replaced by a plain user", "mkdir -p ~/.local/bin; printf '#!/bin/sh\\nexit 0\\n' > ~/.local/bin/python3; printf 'import sys, os; os._exit(0)\\n' > pytest.py", Plain: true),
    ];
}
