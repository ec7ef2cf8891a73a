// A TLS server whose key is an entry of a PKCS#11 key store. It prints its port, and answers each connection with the
// version of the protocol and a line that it was sent, until its input ends.
// Arguments: the provider's configuration, the PIN, "first" or "last": where the provider stands in Java's list. First,
// it does everything it can; last, only what must be done with the key in the token.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.security.KeyStore;
import java.security.Provider;
import java.security.Security;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

public class TlsServer {
    public static void main(String[] arguments) throws Exception {
        Provider provider = Security.getProvider("SunPKCS11").configure(arguments[0]);
        if (arguments[2].equals("first")) {
            Security.insertProviderAt(provider, 1);
        } else {
            Security.addProvider(provider);
        }
        KeyStore store = KeyStore.getInstance("PKCS11", provider);
        store.load(null, arguments[1].toCharArray());
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, null);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0);
        System.out.println(server.getLocalPort());
        Thread serving = new Thread(() -> serve(server));
        serving.setDaemon(true);
        serving.start();
        System.in.read();
    }

    private static void serve(SSLServerSocket server) {
        while (true) {
            try (SSLSocket client = (SSLSocket) server.accept()) {
                String line = new BufferedReader(new InputStreamReader(client.getInputStream())).readLine();
                String answer = client.getSession().getProtocol() + " " + line + "\n";
                client.getOutputStream().write(answer.getBytes());
            } catch (Exception problem) {
                problem.printStackTrace();
            }
        }
    }
}
