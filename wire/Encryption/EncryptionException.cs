namespace Spark.Temporal.Wire.Encryption;

/// <summary>A payload that cannot be opened; the message names the key and the remedy, never key material.</summary>
public sealed class EncryptionException(string message) : Exception(message);
