// A Java program that signs with the keys of a PKCS#11 key store and verifies with Java's own providers.
// Arguments: the provider's configuration, the PIN, the alias of an entry.

import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import javax.crypto.Cipher;

public class Signatures {
    private static final byte[] MESSAGE = "a message that is signed in Java".getBytes(StandardCharsets.US_ASCII);
    private static final AlgorithmParameterSpec PSS =
            new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1);

    public static void main(String[] arguments) throws Exception {
        Provider provider = Security.getProvider("SunPKCS11").configure(arguments[0]);
        KeyStore store = KeyStore.getInstance("PKCS11", provider);
        store.load(null, arguments[1].toCharArray());
        PrivateKey key = (PrivateKey) store.getKey(arguments[2], null);
        PublicKey certified = store.getCertificate(arguments[2]).getPublicKey();
        work(provider, key, certified);

        KeyPairGenerator generator = KeyPairGenerator.getInstance(key.getAlgorithm(), provider);
        generator.initialize(key.getAlgorithm().equals("RSA") ? 2048 : 384);
        KeyPair pair = generator.generateKeyPair();
        work(provider, pair.getPrivate(), pair.getPublic());
        System.out.println("signed");
    }

    private static void work(Provider provider, PrivateKey key, PublicKey certified) throws Exception {
        if (key.getAlgorithm().equals("EC")) {
            for (String algorithm : new String[] {"SHA1withECDSA", "SHA256withECDSA", "SHA512withECDSA"}) {
                sign(provider, algorithm, null, key, certified);
            }
            return;
        }
        for (String algorithm : new String[] {"SHA1withRSA", "SHA256withRSA", "SHA512withRSA"}) {
            sign(provider, algorithm, null, key, certified);
        }
        sign(provider, "RSASSA-PSS", PSS, key, certified);
        Cipher theirs = Cipher.getInstance("RSA/ECB/PKCS1Padding", "SunJCE");
        theirs.init(Cipher.ENCRYPT_MODE, java.security.KeyFactory.getInstance("RSA", "SunRsaSign")
                .translateKey((Key) certified));
        Cipher ours = Cipher.getInstance("RSA/ECB/PKCS1Padding", provider);
        ours.init(Cipher.DECRYPT_MODE, key);
        if (!java.util.Arrays.equals(ours.doFinal(theirs.doFinal(MESSAGE)), MESSAGE)) {
            throw new AssertionError("decrypted to something else");
        }
    }

    private static void sign(
            Provider provider, String algorithm, AlgorithmParameterSpec parameters, PrivateKey key, PublicKey certified)
            throws Exception {
        Signature ours = Signature.getInstance(algorithm, provider);
        if (parameters != null) {
            ours.setParameter(parameters);
        }
        ours.initSign(key);
        ours.update(MESSAGE, 0, 7);
        ours.update(MESSAGE, 7, MESSAGE.length - 7);
        byte[] signature = ours.sign();
        String family = key.getAlgorithm().equals("EC") ? "EC" : "RSA";
        PublicKey translated = (PublicKey) java.security.KeyFactory
                .getInstance(family, family.equals("EC") ? "SunEC" : "SunRsaSign").translateKey((Key) certified);
        Signature theirs = Signature.getInstance(algorithm, family.equals("EC") ? "SunEC" : "SunRsaSign");
        if (parameters != null) {
            theirs.setParameter(parameters);
        }
        theirs.initVerify(translated);
        theirs.update(MESSAGE);
        if (!theirs.verify(signature)) {
            throw new AssertionError(algorithm + ": the signature does not verify");
        }
    }
}
