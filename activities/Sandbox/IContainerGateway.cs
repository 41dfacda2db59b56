namespace Spark.Temporal.Activities.Sandbox;

/// <summary>What the sandbox needs of a container engine. Something missing gives null or false, never an exception.</summary>
internal interface IContainerGateway
{
    Task<EngineFacts> DescribeAsync(CancellationToken cancellationToken);

    Task<ImageFacts?> FindImageAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Pulls an image.</summary>
    /// <exception cref="ImageException">It cannot be pulled.</exception>
    Task<ImageFacts> PullImageAsync(string reference, Action<string> output, CancellationToken cancellationToken);

    /// <summary>Builds an image from a context (tar with a Dockerfile at its root) by the classic builder.</summary>
    /// <exception cref="ImageException">The Dockerfile does not build.</exception>
    Task<ImageFacts> BuildImageAsync(Stream context, BuildSpec spec, Action<string> output, CancellationToken cancellationToken);

    /// <summary>All images but the intermediate ones of a build.</summary>
    Task<IReadOnlyList<ImageOnHost>> ListImagesAsync(CancellationToken cancellationToken);

    /// <summary>What an image is made of, from the bottom.</summary>
    Task<IReadOnlyList<ImageLayer>> LayersAsync(string image, CancellationToken cancellationToken);

    /// <summary>Marks in the engine that an image is about to be used, for every user of it; nothing where there is no image of that name.</summary>
    Task MarkImageAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Removes an image by a name; false where a container or another image needs it.</summary>
    Task<bool> RemoveImageAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Makes a container, or finds the one that has its name already.</summary>
    Task<ContainerFacts> CreateAsync(ContainerSpec spec, CancellationToken cancellationToken);

    Task StartAsync(string container, CancellationToken cancellationToken);

    /// <param name="container">Name or id.</param>
    /// <param name="withSize">Also measure the writable layer and the volumes, which takes a while.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    Task<ContainerFacts?> FindAsync(string container, bool withSize, CancellationToken cancellationToken);

    /// <summary>All containers with a label, stopped ones too.</summary>
    Task<IReadOnlyList<ContainerFacts>> ListAsync(string label, CancellationToken cancellationToken);

    /// <summary>Kills and removes a container and returns once it is gone; false when it was gone already.</summary>
    Task<bool> RemoveAsync(string container, CancellationToken cancellationToken);

    /// <summary>Whether a container that is gone ended by itself: the engine was not asked to kill it.</summary>
    Task<bool> EndedByItselfAsync(string container, CancellationToken cancellationToken);

    /// <summary>Whether <see cref="EndForExcessAsync"/> ended a container.</summary>
    Task<bool> ExceededAsync(string container, CancellationToken cancellationToken);

    /// <summary>Ends a container that has written more than it may; <see cref="EndedByItselfAsync"/> holds for it from then on.</summary>
    Task EndForExcessAsync(string container, CancellationToken cancellationToken);

    /// <summary>Unpacks a tar at the root of a container.</summary>
    Task PutAsync(string container, Stream tar, CancellationToken cancellationToken);

    /// <summary>A path of a container as a tar whose entries start with its last name; null when it is not there.</summary>
    Task<Stream?> GetAsync(string container, string path, CancellationToken cancellationToken);

    /// <summary>What was made, changed and removed in a container since it was made from its image, in its volumes too; folders among it.</summary>
    Task<IReadOnlyList<ContainerChange>> AllChangesAsync(string container, CancellationToken cancellationToken);

    /// <summary>Processes of a container as the engine's host sees them; none where it does not tell.</summary>
    Task<IReadOnlyList<ContainerProcess>> ProcessesAsync(string container, CancellationToken cancellationToken);

    /// <summary>
    /// Absolute paths that were written to in a container, in its volumes too, or are gone from it. Where the engine's files can be read from here, also
    /// those whose length and time are as before.
    /// </summary>
    Task<IReadOnlyList<string>> WrittenAsync(string container, CancellationToken cancellationToken);

    /// <summary>Stops all processes of a container, or lets them go on; nothing where that is so already.</summary>
    /// <returns>False where the engine cannot stop them: they multiply faster.</returns>
    Task<bool> FreezeAsync(string container, bool frozen, CancellationToken cancellationToken);

    /// <summary>Whether a path was made in a container and is not of its image.</summary>
    Task<bool> WasAddedAsync(string container, string path, CancellationToken cancellationToken);

    Task<IContainerProcess> ExecAsync(string container, ExecSpec spec, CancellationToken cancellationToken);

    /// <summary>Address of the host in a network, as its containers reach it; null where the network has none.</summary>
    Task<string?> GatewayAddressAsync(string network, CancellationToken cancellationToken);

    /// <summary>Addresses of a container in its networks; none where it does not run.</summary>
    Task<IReadOnlyList<string>> AddressesAsync(string container, CancellationToken cancellationToken);

    Task ConnectAsync(string container, string network, CancellationToken cancellationToken);

    /// <summary>Makes a network whose containers cannot reach each other; nothing where it is there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="closed">Whether it has no way out.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    Task EnsureNetworkAsync(string name, bool closed, CancellationToken cancellationToken);

    /// <summary>Compose projects that have networks or volumes with a label, with the labels of one of these.</summary>
    Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> ListProjectsAsync(string label, CancellationToken cancellationToken);

    /// <summary>Removes containers, networks and volumes of a compose project; nothing where there are none.</summary>
    Task RemoveProjectAsync(string project, CancellationToken cancellationToken);

    Task DisconnectAsync(string container, string network, CancellationToken cancellationToken);
}

/// <summary>A process in a container and the connection to it. Disposing ends the connection, not the process.</summary>
internal interface IContainerProcess : IDisposable
{
    Task WriteAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken);

    /// <summary>Reads output and errors as they come.</summary>
    /// <returns>Number of bytes, 0 at the end.</returns>
    Task<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken);

    /// <summary>Exit code of a process whose output has ended.</summary>
    Task<long> ExitCodeAsync(CancellationToken cancellationToken);
}

/// <param name="Cpus">CPUs of the host.</param>
/// <param name="MemoryBytes">Memory of the host.</param>
/// <param name="LimitsStorage">Whether the storage driver can limit a container's writable layer.</param>
/// <param name="RootFolder">Where the engine keeps images and containers, if that is a folder of this host; null otherwise.</param>
internal sealed record EngineFacts(int Cpus, long MemoryBytes, bool LimitsStorage, string? RootFolder);

internal sealed record ImageFacts
{
    public required string Id { get; init; }
    public string User { get; init; } = "";
    public string WorkingDirectory { get; init; } = "";
    public IReadOnlyList<string> Entrypoint { get; init; } = [];
    public IReadOnlyList<string> Tags { get; init; } = [];
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Its shell for commands of a Dockerfile; empty for the engine's default.</summary>
    public IReadOnlyList<string> Shell { get; init; } = [];

    /// <summary>When it was marked last, by any user of the engine; the beginning of time where the engine does not tell.</summary>
    public DateTimeOffset Marked { get; init; }
}

internal sealed record ImageOnHost(string Id, IReadOnlyList<string> Tags, IReadOnlyDictionary<string, string> Labels, DateTimeOffset Created);

/// <param name="Key">The same where two images share the layer.</param>
/// <param name="Bytes">Bytes on disk.</param>
/// <param name="MadeBy">The instruction that it comes from, as the engine tells it.</param>
internal sealed record ImageLayer(string Key, long Bytes, string MadeBy);

internal sealed record ContainerSpec
{
    public required string Name { get; init; }
    public required string Image { get; init; }
    public required IReadOnlyList<string> Entrypoint { get; init; }
    public required IReadOnlyList<string> Command { get; init; }
    public IReadOnlyList<string> Environment { get; init; } = [];
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public string? WorkingDirectory { get; init; }

    /// <summary>User of its main process and of what has none of its own; null for the image's.</summary>
    public string? User { get; init; }

    public required double Cpus { get; init; }
    public required long MemoryBytes { get; init; }
    public required int Pids { get; init; }

    /// <summary>Limit of the writable layer; null if the driver cannot enforce one.</summary>
    public long? StorageBytes { get; init; }

    /// <summary>Network that it is made in; null for none.</summary>
    public string? Network { get; init; }

    /// <summary>Folders in memory, with the options of their mount.</summary>
    public IReadOnlyDictionary<string, string> Memory { get; init; } = new Dictionary<string, string>();

    /// <summary>Size of <c>/dev/shm</c>; null for the engine's default.</summary>
    public long? ShmBytes { get; init; }

    public bool NewPrivileges { get; init; }
}

internal sealed record ContainerFacts(string Id, string Name, bool Running, IReadOnlyDictionary<string, string> Labels, long? SizeBytes = null)
{
    /// <summary>Made now, and not found under its name.</summary>
    public bool Created { get; init; }

    /// <summary>User of the image; empty for root.</summary>
    public string User { get; init; } = "";
}

internal sealed record ExecSpec(IReadOnlyList<string> Command)
{
    public string? User { get; init; }
    public string? WorkingDirectory { get; init; }
    public IReadOnlyList<string> Environment { get; init; } = [];
    public bool Input { get; init; }
}

/// <summary>An image cannot be built or pulled; the message is the engine's.</summary>
internal sealed class ImageException(string message) : Exception(message);
