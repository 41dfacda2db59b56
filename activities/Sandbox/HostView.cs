using System.Formats.Tar;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Processes;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// Small folders of a running container, read through the host's <c>/proc</c>: an archive of the engine costs it a process of its own, which takes as long as a
/// short test. Where the worker may not do that, and wherever something is large or not plain, the engine is asked.
/// </summary>
/// <remarks>
/// What is read is hostile. The container's root is opened by its process and that process is known by its control group; below it the kernel follows no link
/// and leaves no folder; nothing is opened for reading that is not known to be a file.
/// </remarks>
internal static class HostView
{
    private const long MostBytes = 1024 * 1024;
    private const int MostEntries = 200;
    private const int MostDepth = 16;

    private const int WorkingFolder = -100;
    private const long OpenAt2 = 437;
    private const ulong PathOnly = 0x200000 | 0x80000;
    private const ulong NoMagicLinks = 0x02;
    private const ulong NoLinks = 0x04;
    private const ulong Beneath = 0x08;
    private const int EmptyPath = 0x1000;
    private const uint Basic = 0x7ff;
    private const int Missing = 2;
    private const int Link = 40;

    /// <summary>Reads a file or folder.</summary>
    /// <param name="process">Number of the container's first process on this host.</param>
    /// <param name="container">The whole id of the container.</param>
    /// <param name="path">Absolute path in the container.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>A tar whose entries start with the last name of the path, as the engine makes it; null where the engine has to be asked.</returns>
    public static async Task<Stream?> ReadAsync(long process, string container, string path, CancellationToken cancellationToken)
    {
        var name = path.Trim('/');
        if (!OperatingSystem.IsLinux() || process <= 0 || name.Length == 0)
        {
            return null;
        }

        // While it is open, this folder is that of the one process, whoever has its number later.
        using var folder = Open(WorkingFolder, $"/proc/{process}", 0, out _);
        if (folder is null || !IsOf(container, $"{Place(folder)}/cgroup"))
        {
            return null;
        }

        using var root = Open(Number(folder), "root", 0, out _);
        using var found = root is null ? null : Open(Number(root), name, NoLinks | NoMagicLinks | Beneath, out _);
        if (found is null)
        {
            return null;
        }

        var tar = new MemoryStream();
        try
        {
            bool whole;
            await using (var packer = TarPacker.Into(tar))
            {
                whole = await new Reading(packer).PackAsync(found, name[(name.LastIndexOf('/') + 1)..], 0, cancellationToken);
            }

            tar.Position = 0;
            return whole ? tar : null;
        }
        catch (Exception changed) when (changed is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsOf(string container, string file)
    {
        try
        {
            return File.ReadAllText(file).Contains(container, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Opens the place of a file only, which no device, queue or socket notices.</summary>
    private static SafeFileHandle? Open(int folder, string path, ulong rules, out int error)
    {
        var how = new OpenHow { Flags = PathOnly, Resolve = rules };
        var opened = OpenBelow(OpenAt2, folder, path, ref how, Marshal.SizeOf<OpenHow>());
        error = opened < 0 ? Marshal.GetLastPInvokeError() : 0;
        return opened < 0 ? null : new SafeFileHandle((nint)opened, ownsHandle: true);
    }

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    private static string Place(SafeFileHandle handle) => $"/proc/self/fd/{Number(handle)}";

    private sealed class Reading(TarPacker packer)
    {
        private long _bytes;
        private int _entries;

        /// <returns>Whether all of it is plain and small.</returns>
        public async Task<bool> PackAsync(SafeFileHandle found, string name, int depth, CancellationToken cancellationToken)
        {
            if (++_entries > MostEntries || depth > MostDepth || name.Any(char.IsControl) || StatX.Ask(Number(found), "", EmptyPath, Basic, out var facts) != 0)
            {
                return false;
            }

            switch (facts.Kind)
            {
                case StatX.Folder:
                    await WriteAsync(TarEntryType.Directory, $"{name}/", facts, null, cancellationToken);
                    return await InsideAsync(found, name, depth, cancellationToken);
                case StatX.File when facts.Links == 1 && facts.Size <= MostBytes - _bytes:
                    // Opened again by its place, it is the same file whatever its name stands for now.
                    await using (var file = new FileStream(Place(found), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
                    {
                        var content = new MemoryStream();
                        var buffer = new byte[64 * 1024];
                        while (await file.ReadAsync(buffer, cancellationToken) is > 0 and var read)
                        {
                            content.Write(buffer, 0, read);
                            if ((_bytes += read) > MostBytes)
                            {
                                return false;
                            }
                        }

                        content.Position = 0;
                        await WriteAsync(TarEntryType.RegularFile, name, facts, content, cancellationToken);
                    }

                    return true;
                default:
                    return false;
            }
        }

        private async Task<bool> InsideAsync(SafeFileHandle folder, string name, int depth, CancellationToken cancellationToken)
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(Place(folder)).Take(MostEntries + 1))
            {
                var own = Path.GetFileName(path);
                using var entry = Open(Number(folder), own, NoLinks | NoMagicLinks | Beneath, out var error);
                if (entry is not null)
                {
                    if (!await PackAsync(entry, $"{name}/{own}", depth + 1, cancellationToken))
                    {
                        return false;
                    }
                }
                else if (error != Link || ++_entries > MostEntries || new FileInfo(path).LinkTarget is not { } target || own.Any(char.IsControl) || target.Any(char.IsControl))
                {
                    return error == Missing && !Path.Exists(path);
                }
                else
                {
                    await packer.LinkAsync($"{name}/{own}", target, cancellationToken);
                }
            }

            return true;
        }

        private Task WriteAsync(TarEntryType type, string name, StatX facts, Stream? content, CancellationToken cancellationToken)
        {
            var entry = new PaxTarEntry(type, name)
            {
                Mode = (UnixFileMode)(facts.Mode & 0xfff),
                Uid = (int)facts.User,
                Gid = (int)facts.Group,
                ModificationTime = DateTimeOffset.FromUnixTimeSeconds(Math.Max(0, facts.Modified)),
            };
            if (content is not null)
            {
                entry.DataStream = content;
            }

            return packer.CopyAsync(entry, name, cancellationToken, keepOwner: true);
        }
    }

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long OpenBelow(long call, long folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, ref OpenHow how, long size);

    /// <summary>The kernel's <c>struct open_how</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
