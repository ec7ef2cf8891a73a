// A Java program that agrees on secrets: ECDH in the token, with Java's own SunEC as the other party.
// Arguments: the provider's configuration, the PIN, the alias of an EC entry of the key store.

import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;

public class Agreement {
    public static void main(String[] arguments) throws Exception {
        Provider provider = Security.getProvider("SunPKCS11").configure(arguments[0]);
        KeyStore store = KeyStore.getInstance("PKCS11", provider);
        store.load(null, arguments[1].toCharArray());
        PrivateKey kept = (PrivateKey) store.getKey(arguments[2], null);
        agree(provider, kept, store.getCertificate(arguments[2]).getPublicKey(), "secp256r1");
        for (String curve : new String[] {"secp256r1", "secp384r1", "secp521r1"}) {
            KeyPair pair = pair(provider, curve);
            agree(provider, pair.getPrivate(), pair.getPublic(), curve);
        }
        System.out.println("agreed");
    }

    private static void agree(Provider provider, PrivateKey key, PublicKey known, String curve) throws Exception {
        Provider java = Security.getProvider("SunEC");
        KeyPair other = pair(java, curve);
        PublicKey translated = (PublicKey) KeyFactory.getInstance("EC", java).translateKey(known);
        byte[] theirs = agreement(java, other.getPrivate(), translated).generateSecret();
        if (!Arrays.equals(agreement(provider, key, other.getPublic()).generateSecret(), theirs)) {
            throw new AssertionError(curve + ": another secret than Java's own");
        }
    }

    private static KeyPair pair(Provider provider, String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", provider);
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static KeyAgreement agreement(Provider provider, PrivateKey key, PublicKey other) throws Exception {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH", provider);
        agreement.init(key);
        agreement.doPhase(other, true);
        return agreement;
    }
}
