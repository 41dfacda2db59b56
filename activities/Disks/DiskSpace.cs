using System.Runtime.InteropServices;

namespace Spark.Temporal.Activities.Disks;

/// <summary>What is free on the disk of a folder, for users other than root.</summary>
/// <param name="Disk">The same for folders of one disk.</param>
/// <param name="FreeBytes">Bytes that can be written.</param>
/// <param name="FreeInodes">Files that can be made; null where the file system does not count them.</param>
internal sealed record DiskSpace(string Disk, long FreeBytes, long? FreeInodes)
{
    /// <summary>Looks at the disk of a folder, or at that of the nearest folder above that exists.</summary>
    /// <returns>Null where it cannot be looked at.</returns>
    public static DiskSpace? Of(string folder)
    {
        var path = Path.GetFullPath(folder);
        while (!Directory.Exists(path))
        {
            if (Path.GetDirectoryName(path) is not { } above)
            {
                return null;
            }

            path = above;
        }

        try
        {
            if (OperatingSystem.IsLinux() && Environment.Is64BitProcess)
            {
                return Ask(path, out var found) == 0
                    ? new DiskSpace($"{found.Id}/{found.Blocks}/{found.Files}", Whole(found.AvailableBlocks * found.BlockBytes), found.Files == 0 ? null : Whole(found.AvailableFiles))
                    : null;
            }

            var drive = new DriveInfo(path);
            return new DiskSpace($"{drive.Name}/{drive.TotalSize}", drive.AvailableFreeSpace, null);
        }
        catch (Exception unknown) when (unknown is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long Whole(ulong count) => (long)Math.Min(count, long.MaxValue);

    [DllImport("libc", EntryPoint = "statvfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Ask([MarshalAs(UnmanagedType.LPUTF8Str)] string path, out StatVfs found);

    /// <summary><c>struct statvfs</c> of 64-bit Linux, which glibc and musl lay out alike, with room for what they add at its end.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct StatVfs
    {
        public ulong Preferred;
        public ulong BlockBytes;
        public ulong Blocks;
        public ulong FreeBlocks;
        public ulong AvailableBlocks;
        public ulong Files;
        public ulong FreeFiles;
        public ulong AvailableFiles;
        public ulong Id;
    }
}
