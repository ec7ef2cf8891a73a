// A Java program as its author would write it for any token: SunPKCS11, a key store, a MAC, a cipher.
// Arguments: the module, the PIN, what AES-GCM authenticates besides. The token is the one in the first slot.

import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Security;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

public class Ordinary {
    // RFC 4231, test case 2.
    private static final byte[] KEY = "Jefe".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DATA = "what do ya want for nothing?".getBytes(StandardCharsets.US_ASCII);
    private static final String MAC = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    public static void main(String[] arguments) throws Exception {
        Provider provider = Security.getProvider("SunPKCS11")
                .configure("--name=vhsm\nlibrary=" + arguments[0] + "\nslotListIndex=0\n");
        KeyStore store = KeyStore.getInstance("PKCS11", provider);
        store.load(null, arguments[1].toCharArray());

        check("a session key", mac(provider, new SecretKeySpec(KEY, "HmacSHA256")));
        store.setEntry("java-hmac", new KeyStore.SecretKeyEntry(new SecretKeySpec(KEY, "HmacSHA256")), null);
        try {
            check("a token key", mac(provider, (SecretKey) store.getKey("java-hmac", null)));
        } finally {
            store.deleteEntry("java-hmac");
        }
        System.out.println("mac");

        byte[] besides = arguments[2].getBytes(StandardCharsets.US_ASCII);
        byte[] iv = new byte[12];
        SecureRandom.getInstance("PKCS11", provider).nextBytes(iv);
        SecretKey aes = new SecretKeySpec(new byte[32], "AES");
        byte[] sealed = gcm(provider, Cipher.ENCRYPT_MODE, aes, iv, besides, DATA);
        byte[] expected = gcm(Security.getProvider("SunJCE"), Cipher.ENCRYPT_MODE, aes, iv, besides, DATA);
        if (!Arrays.equals(sealed, expected)) {
            throw new AssertionError("GCM differs from Java's own");
        }
        if (!Arrays.equals(gcm(provider, Cipher.DECRYPT_MODE, aes, iv, besides, sealed), DATA)) {
            throw new AssertionError("GCM does not decrypt");
        }
        for (String mode : new String[] {"AES/CBC/PKCS5Padding", "AES/CTR/NoPadding", "AES/CBC/NoPadding"}) {
            byte[] text = Arrays.copyOf(DATA, 1024);
            byte[] ours = encrypt(provider, mode, aes, text);
            if (!Arrays.equals(ours, encrypt(Security.getProvider("SunJCE"), mode, aes, text))) {
                throw new AssertionError(mode + " differs from Java's own");
            }
            Cipher cipher = Cipher.getInstance(mode, provider);
            cipher.init(Cipher.DECRYPT_MODE, aes, new IvParameterSpec(new byte[16]));
            if (!Arrays.equals(cipher.doFinal(ours), text)) {
                throw new AssertionError(mode + " does not decrypt");
            }
        }
        System.out.println("cipher");
    }

    private static byte[] encrypt(Provider provider, String mode, SecretKey key, byte[] text) throws Exception {
        Cipher cipher = Cipher.getInstance(mode, provider);
        cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[16]));
        byte[] first = cipher.update(text, 0, 100);
        byte[] last = cipher.doFinal(text, 100, text.length - 100);
        byte[] whole = Arrays.copyOf(first, first.length + last.length);
        System.arraycopy(last, 0, whole, first.length, last.length);
        return whole;
    }

    private static byte[] mac(Provider provider, SecretKey key) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256", provider);
        mac.init(key);
        mac.update(DATA, 0, 10);
        mac.update(DATA, 10, DATA.length - 10);
        return mac.doFinal();
    }

    private static byte[] gcm(Provider provider, int mode, SecretKey key, byte[] iv, byte[] besides, byte[] data)
            throws Exception {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", provider);
        cipher.init(mode, key, new GCMParameterSpec(128, iv));
        cipher.updateAAD(besides);
        return cipher.doFinal(data);
    }

    private static void check(String what, byte[] mac) {
        if (!HexFormat.of().formatHex(mac).equals(MAC)) {
            throw new AssertionError(what + " makes another MAC");
        }
    }
}
