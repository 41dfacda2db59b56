using System.Text;

namespace Spark.Temporal.Activities.Redaction;

/// <summary>
/// Finds forms of secrets in bytes and writes a mark of the same length over each: JSON stays JSON, archives keep their
/// sizes, and places counted in a text stay right.
/// </summary>
/// <remarks>
/// The search is the one of Wu and Manber: it looks at three bytes and, where no form has them, goes on as far as the
/// shortest form allows. So hundreds of forms cost hardly more than one.
/// </remarks>
internal sealed class SecretMatcher
{
    private const int Gram = 3;
    private const int Hashes = 1 << 16;

    private readonly int _window;
    private readonly byte[] _shifts = new byte[Hashes];
    private readonly Dictionary<int, byte[][]> _forms = [];

    /// <param name="forms">What to look for; empty for nothing. Each has at least <see cref="Gram"/> bytes.</param>
    public SecretMatcher(IEnumerable<byte[]> forms)
    {
        byte[][] all = [.. forms.Where(form => form.Length >= Gram).DistinctBy(Convert.ToHexString)];
        if (all.Length == 0)
        {
            return;
        }

        Longest = all.Max(form => form.Length);
        _window = Math.Min(all.Min(form => form.Length), byte.MaxValue);
        _shifts.AsSpan().Fill((byte)(_window - Gram + 1));
        foreach (var form in all)
        {
            for (var end = Gram; end <= _window; end++)
            {
                ref var shift = ref _shifts[Hash(form.AsSpan(end - Gram))];
                shift = Math.Min(shift, (byte)(_window - end));
            }
        }

        // Longest first, so that a key that begins with another one is taken out whole.
        _forms = all.GroupBy(form => Hash(form.AsSpan(_window - Gram)))
            .ToDictionary(group => group.Key, group => group.OrderByDescending(form => form.Length).ToArray());
    }

    /// <summary>Bytes of the longest form; 0 when there is none.</summary>
    public int Longest { get; }

    /// <summary>Writes marks over all forms.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Mask(Span<byte> data) => Mask(data, data.Length);

    /// <summary>Writes marks over all forms that begin before a place; they may end behind it.</summary>
    public bool Mask(Span<byte> data, int before)
    {
        var found = false;
        var last = Math.Min(data.Length, before + _window - 1);
        for (var end = _window; Longest > 0 && end <= last;)
        {
            var hash = Hash(data[(end - Gram)..]);
            int shift = _shifts[hash];
            if (shift == 0 && Form(data[(end - _window)..], hash) is { } form)
            {
                Mark(data.Slice(end - _window, form.Length));
                found = true;
                end += form.Length;
            }
            else
            {
                end += Math.Max(1, shift);
            }
        }

        return found;
    }

    private byte[]? Form(ReadOnlySpan<byte> at, int hash)
    {
        foreach (var form in _forms.GetValueOrDefault(hash, []))
        {
            if (at.StartsWith(form))
            {
                return form;
            }
        }

        return null;
    }

    private static void Mark(Span<byte> place)
    {
        place.Fill((byte)'*');
        if (place.Length >= SecretRedactor.Mark.Length)
        {
            Encoding.ASCII.GetBytes(SecretRedactor.Mark, place);
        }
    }

    private static int Hash(ReadOnlySpan<byte> gram) => ((gram[0] << 10) ^ (gram[1] << 5) ^ gram[2]) & (Hashes - 1);
}
