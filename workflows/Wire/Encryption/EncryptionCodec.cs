using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Temporalio.Api.Common.V1;
using Temporalio.Converters;

namespace Spark.Temporal.Workflows.Wire.Encryption;

/// <summary>
/// AES-256-GCM around whole payloads, their own metadata included. Beside the sealed bytes stand the encoding and the key's
/// id, which are authenticated with them. What another encoder made passes through. Without keys nothing is encrypted, and
/// an encrypted payload is refused with the remedy.
/// </summary>
/// <param name="keys">Keys, null for none.</param>
/// <remarks>It works between a process and the server, never inside a workflow, and so may draw random numbers.</remarks>
public sealed class EncryptionCodec(EncryptionKeys? keys) : IPayloadCodec
{
    public const string Encoding = "binary/encrypted";

    public const string EncodingField = "encoding";

    public const string KeyIdField = "encryption-key-id";

    private const int NonceBytes = 12;

    private const int TagBytes = 16;

    private static readonly ByteString EncodingBytes = ByteString.CopyFromUtf8(Encoding);

    public Task<IReadOnlyCollection<Payload>> EncodeAsync(IReadOnlyCollection<Payload> payloads) => Task.FromResult(
        keys is null ? payloads : (IReadOnlyCollection<Payload>)[.. payloads.Select(payload => Seal(payload, keys))]);

    public Task<IReadOnlyCollection<Payload>> DecodeAsync(IReadOnlyCollection<Payload> payloads) => Task.FromResult(
        payloads.Any(IsSealed) ? (IReadOnlyCollection<Payload>)[.. payloads.Select(payload => IsSealed(payload) ? Open(payload) : payload)] : payloads);

    private static bool IsSealed(Payload payload) => payload.Metadata.TryGetValue(EncodingField, out var encoding) && encoding == EncodingBytes;

    /// <summary>Nonce, what is sealed, tag.</summary>
    private static Payload Seal(Payload payload, EncryptionKeys keys)
    {
        keys.TryGet(keys.ActiveId, out var key);
        var plain = payload.ToByteArray();
        var data = new byte[NonceBytes + plain.Length + TagBytes];
        var nonce = data.AsSpan(0, NonceBytes);
#pragma warning disable RS0030 // Not in a workflow; see the remarks above.
        RandomNumberGenerator.Fill(nonce);
#pragma warning restore RS0030

        // One for each payload: an instance must not be used by two threads at once.
        using var aes = new AesGcm(key!, TagBytes);
        aes.Encrypt(nonce, plain, data.AsSpan(NonceBytes, plain.Length), data.AsSpan(NonceBytes + plain.Length), Bound(keys.ActiveId));
        return new Payload
        {
            Metadata = { [EncodingField] = EncodingBytes, [KeyIdField] = ByteString.CopyFromUtf8(keys.ActiveId) },
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
                data[..NonceBytes], data.Slice(NonceBytes, plain.Length), data[(NonceBytes + plain.Length)..], plain, Bound(id));
            return Payload.Parser.ParseFrom(plain);
        }
        catch (Exception damaged) when (damaged is CryptographicException or ArgumentException or InvalidProtocolBufferException)
        {
            throw new EncryptionException(
                $"a payload encrypted with key '{id}' does not open: it was changed or cut short, or the key '{id}' in {keys.Path} is not the one that it was encrypted with; restore that key from a backup of the key file");
        }
    }

    private static byte[] Bound(string keyId) => System.Text.Encoding.UTF8.GetBytes($"{Encoding}\n{keyId}");
}
