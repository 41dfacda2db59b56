using System.Formats.Tar;
using System.Globalization;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Skills;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// Puts skills where agents look for them (<see cref="SkillFolders"/>), and removes those of an image if an arm of an
/// evaluation must not have them.
/// </summary>
internal sealed class SkillInstaller(IContainerGateway gateway, IArtifactStore store)
{
    private const long LargeBytes = 4 << 20;

    /// <summary>Copies the skills into every place; the container need not run yet.</summary>
    /// <param name="container">The container.</param>
    /// <param name="skills">Tar with one folder per skill at its root.</param>
    /// <param name="skillsDir">The task's own place for skills; null for the usual one.</param>
    /// <param name="user">User the agent runs as: a name or an id, a group behind a colon left out of account.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task InstallAsync(string container, ArtifactRef skills, string? skillsDir, string user, CancellationToken cancellationToken)
    {
        var account = await AccountAsync(container, user, cancellationToken);
        var files = await FilesAsync(skills, cancellationToken);
        List<Action<TarPacker>> places = [packer => Put(packer, skillsDir ?? SkillFolders.Default, "/", Account.Root, files)];
        foreach (var place in SkillFolders.All)
        {
            var inHome = !place.Path.StartsWith('/');
            places.Add(packer => Put(packer, place.In(account.Home), inHome ? account.Home : "/", inHome ? account : Account.Root, files));
        }

        // One archive for all places, where that does not hold large files in memory many times.
        foreach (var some in places.Chunk(files.Sum(file => file.Content?.LongLength ?? 0) > LargeBytes ? 1 : places.Count))
        {
            using var tar = new MemoryStream();
            await using (var packer = TarPacker.Into(tar))
            {
                foreach (var put in some)
                {
                    put(packer);
                }
            }

            tar.Position = 0;
            await gateway.PutAsync(container, tar, cancellationToken);
        }
    }

    /// <summary>
    /// The command that empties every place in a running container. The Dockerfile's own lines are dropped when the image is
    /// built; this removes what the image still has.
    /// </summary>
    public async Task<IReadOnlyList<string>> EmptyCommandAsync(string container, string? skillsDir, string user, CancellationToken cancellationToken)
    {
        var home = (await AccountAsync(container, user, cancellationToken)).Home;
        string[] places = [.. SkillFolders.All.Select(place => place.In(home)).Append(skillsDir).OfType<string>()];
        return ["sh", "-c", "for place in \"$@\"; do if [ -d \"$place\" ] && [ -n \"$(ls -A \"$place\")\" ]; then rm -rf \"$place\" && mkdir \"$place\" && echo \"$place\"; fi; done", "sh", .. places];
    }

    private static void Put(TarPacker packer, string folder, string below, Account owner, List<SkillFile> files)
    {
        // Folders on the way belong to the agent, which may have to write beside its skills; those that were there stay as they are.
        var path = below.TrimEnd('/');
        foreach (var part in folder[path.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path += "/" + part;
            if (owner != Account.Root)
            {
                packer.Folder(path.TrimStart('/'), owner: owner.Owner);
            }
        }

        foreach (var file in files)
        {
            var name = $"{path}/{file.Name}".TrimStart('/');
            if (file.Content is { } content)
            {
                packer.File(name, content, file.Mode, owner.Owner);
            }
            else
            {
                packer.Folder(name, file.Mode, owner.Owner);
            }
        }
    }

    private async Task<List<SkillFile>> FilesAsync(ArtifactRef skills, CancellationToken cancellationToken)
    {
        List<SkillFile> files = [];
        await using var stored = await store.OpenAsync(skills, cancellationToken);
        await using var readable = await Tars.BelowAsync(stored, "skills", cancellationToken);
        await foreach (var entry in TarPack.ReadAsync(readable, cancellationToken))
        {
            var name = entry.Name["skills/".Length..].TrimEnd('/');
            if (entry.EntryType is TarEntryType.Directory)
            {
                files.Add(new SkillFile(name, entry.Mode, null));
            }
            else if (TarPack.IsFile(entry))
            {
                files.Add(new SkillFile(name, entry.Mode, await TarPack.BytesAsync(entry, long.MaxValue, cancellationToken)));
            }
        }

        return files;
    }

    /// <summary>The user's line of <c>/etc/passwd</c>; without one, root's home.</summary>
    private async Task<Account> AccountAsync(string container, string user, CancellationToken cancellationToken)
    {
        var name = user.Split(':')[0];
        if (name is "" or "root" or "0" || await gateway.GetAsync(container, "/etc/passwd", cancellationToken) is not { } archive)
        {
            return Account.Root;
        }

        await using var opened = archive;
        var passwd = await TarPack.TextAsync(opened, "passwd", cancellationToken);
        foreach (var fields in (passwd ?? "").Split('\n').Select(line => line.Split(':')))
        {
            if (fields.Length >= 6 && (fields[0] == name || fields[2] == name)
                && int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && int.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var group))
            {
                return new Account(id, group, fields[5].StartsWith('/') ? fields[5] : "/");
            }
        }

        return Account.Root;
    }

    private sealed record SkillFile(string Name, UnixFileMode Mode, byte[]? Content);

    private sealed record Account(int User, int Group, string Home)
    {
        public static readonly Account Root = new(0, 0, "/root");

        public TarOwner Owner => new(User, Group);
    }
}
