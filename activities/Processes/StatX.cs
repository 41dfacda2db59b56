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
}
