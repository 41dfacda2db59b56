using System.Runtime.InteropServices;

namespace Spark.Temporal.Activities.Processes;

/// <summary>The kernel's <c>struct statx</c>, the same on every architecture, as far as it is used here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatX
{
    public const int Folder = 0x4000;
    public const int File = 0x8000;

    [FieldOffset(16)]
    public uint Links;

    [FieldOffset(20)]
    public uint User;

    [FieldOffset(24)]
    public uint Group;

    /// <summary>Kind and permissions.</summary>
    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(40)]
    public long Size;

    /// <summary>When the content was changed last, in seconds since 1970.</summary>
    [FieldOffset(112)]
    public long Modified;

    public readonly int Kind => Mode & 0xf000;

    /// <summary>Asks for a file.</summary>
    /// <param name="folder">Number of an open folder that the path is relative to, or of the file itself.</param>
    /// <param name="path">Path of the file.</param>
    /// <param name="flags">How the path is taken.</param>
    /// <param name="mask">What is asked for.</param>
    /// <param name="found">What the kernel says.</param>
    /// <returns>0 where it says something.</returns>
    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Ask(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, out StatX found);
}
