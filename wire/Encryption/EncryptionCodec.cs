using System.IO.Compression;
using System.Security.Cryptography;
using Google.Protobuf;
using Temporalio.Api.Common.V1;
using Temporalio.Converters;

namespace Spark.Temporal.Wire.Encryption;

/// <summary>
/// AES-256-GCM around whole payloads, their own metadata included, compressed where that makes them smaller. The encoding
/// and the key's id are stored beside the sealed bytes and authenticated with them. A payload of another encoding passes
/// through. Without keys nothing is encrypted, and an encrypted payload is refused with the remedy.
/// </summary>
/// <param name="keys">Keys, null for none.</param>
/// <remarks>It works between a process and the server, never inside a workflow, and so may draw random numbers.</remarks>
public sealed class EncryptionCodec(EncryptionKeys? keys) : IPayloadCodec
{
    public const string Encoding = "binary/encrypted";

    /// <summary>The sealed content was compressed (Brotli).</summary>
    public const string CompressedEncoding = "binary/encrypted-br";

    public const string EncodingField = "encoding";

    public const string KeyIdField = "encryption-key-id";

    private const int NonceBytes = 12;

    private const int TagBytes = 16;

    // Payloads are small: more effort or a larger window finds nothing more in them.
    private const int Effort = 6;

    private const int Window = 16;

    public Task<IReadOnlyCollection<Payload>> EncodeAsync(IReadOnlyCollection<Payload> payloads) => Task.FromResult(
        keys is null ? payloads : (IReadOnlyCollection<Payload>)[.. payloads.Select(payload => Seal(payload, keys))]);

    public Task<IReadOnlyCollection<Payload>> DecodeAsync(IReadOnlyCollection<Payload> payloads) => Task.FromResult(
        payloads.Any(IsSealed) ? (IReadOnlyCollection<Payload>)[.. payloads.Select(payload => IsSealed(payload) ? Open(payload) : payload)] : payloads);

    /// <summary>Whether a payload was encrypted by this codec, with any key.</summary>
    public static bool IsSealed(Payload payload) => EncodingOf(payload) is Encoding or CompressedEncoding;

    private static string? EncodingOf(Payload payload) => payload.Metadata.TryGetValue(EncodingField, out var encoding) ? encoding.ToStringUtf8() : null;

    /// <summary>Nonce, sealed content, tag.</summary>
    private static Payload Seal(Payload payload, EncryptionKeys keys)
    {
        keys.TryGet(keys.ActiveId, out var key);
        var whole = payload.ToByteArray();
        var shorter = Compress(whole);
        var (plain, encoding) = shorter is null ? (whole, Encoding) : (shorter, CompressedEncoding);
        var data = new byte[NonceBytes + plain.Length + TagBytes];
        var nonce = data.AsSpan(0, NonceBytes);
#pragma warning disable RS0030 // Not in a workflow; see the remarks above.
        RandomNumberGenerator.Fill(nonce);
#pragma warning restore RS0030

        // One for each payload: an instance must not be used by two threads at once.
        using var aes = new AesGcm(key!, TagBytes);
        aes.Encrypt(nonce, plain, data.AsSpan(NonceBytes, plain.Length), data.AsSpan(NonceBytes + plain.Length), Bound(encoding, keys.ActiveId));
        return new Payload
        {
            Metadata = { [EncodingField] = ByteString.CopyFromUtf8(encoding), [KeyIdField] = ByteString.CopyFromUtf8(keys.ActiveId) },
            Data = UnsafeByteOperations.UnsafeWrap(data),
        };
    }

    private Payload Open(Payload payload)
    {
        var id = payload.Metadata.TryGetValue(KeyIdField, out var named) ? named.ToStringUtf8() : "";
        if (keys is null)
        {
            throw new EncryptionException(
                $"a payload is encrypted with key '{id}', and this process has no keys; set {EncryptionKeys.Variable} to the key file that has it");
        }

        if (!keys.TryGet(id, out var key))
        {
            throw new EncryptionException(
                $"a payload is encrypted with key '{id}', which {keys.Path} does not have (it has {string.Join(", ", keys.Ids)}); add that key to the file, or set {EncryptionKeys.Variable} to the file that has it");
        }

        var data = payload.Data.Span;
        try
        {
            var plain = new byte[Math.Max(0, data.Length - NonceBytes - TagBytes)];
            using var aes = new AesGcm(key, TagBytes);
            aes.Decrypt(
                data[..NonceBytes], data.Slice(NonceBytes, plain.Length), data[(NonceBytes + plain.Length)..], plain, Bound(EncodingOf(payload)!, id));
            return Payload.Parser.ParseFrom(EncodingOf(payload) == CompressedEncoding ? Decompress(plain) : plain);
        }
        catch (Exception damaged) when (damaged is CryptographicException or ArgumentException or InvalidDataException or InvalidProtocolBufferException)
        {
            throw new EncryptionException(
                $"a payload encrypted with key '{id}' does not open: it was changed or cut short, or the key '{id}' in {keys.Path} is not the one that it was encrypted with; restore that key from a backup of the key file");
        }
    }

    private static byte[]? Compress(byte[] plain)
    {
        var room = new byte[plain.Length];
        return BrotliEncoder.TryCompress(plain, room, out var length, Effort, Window) && length < plain.Length ? room[..length] : null;
    }

    /// <remarks>Only what one of our keys sealed gets here, so its size is what we made it.</remarks>
    private static byte[] Decompress(byte[] compressed)
    {
        using var plain = new MemoryStream();
        using var brotli = new BrotliStream(new MemoryStream(compressed), CompressionMode.Decompress);
        brotli.CopyTo(plain);
        return plain.ToArray();
    }

    private static byte[] Bound(string encoding, string keyId) => System.Text.Encoding.UTF8.GetBytes($"{encoding}\n{keyId}");
}
