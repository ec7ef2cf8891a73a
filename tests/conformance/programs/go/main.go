// Ordinary work on a token by crypto11 and by miekg/pkcs11; what the token gives is checked by Go's own cryptography.
//
// Usage: conformance MODULE LABEL PIN
package main

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/ThalesIgnite/crypto11"
	"github.com/miekg/pkcs11"
)

var message = []byte("a message for the token")

// must ends the program with an error: the test shows it.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func require(holds bool, what string) {
	if !holds {
		panic(what)
	}
}

func main() {
	module, label, pin := os.Args[1], os.Args[2], os.Args[3]
	context, err := crypto11.Configure(&crypto11.Config{Path: module, TokenLabel: label, Pin: pin})
	must(err)
	rsaPair(context)
	ecPair(context)
	secretKeys(context)
	must(context.Close())
	bare(module, label, pin)
}

func rsaPair(context *crypto11.Context) {
	pair, err := context.GenerateRSAKeyPairWithLabel([]byte("go-rsa"), []byte("go-rsa"), 2048)
	must(err)
	defer func() { must(pair.Delete()) }()
	public := pair.Public().(*rsa.PublicKey)
	digest := sha256.Sum256(message)

	signature, err := pair.Sign(rand.Reader, digest[:], crypto.SHA256)
	must(err)
	must(rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature))
	options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	signature, err = pair.Sign(rand.Reader, digest[:], options)
	must(err)
	must(rsa.VerifyPSS(public, crypto.SHA256, digest[:], signature, options))

	sealed, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public, message, []byte("a label"))
	must(err)
	opened, err := pair.Decrypt(rand.Reader, sealed, &rsa.OAEPOptions{Hash: crypto.SHA256, Label: []byte("a label")})
	must(err)
	require(bytes.Equal(opened, message), "OAEP")
	sealed, err = rsa.EncryptPKCS1v15(rand.Reader, public, message)
	must(err)
	opened, err = pair.Decrypt(rand.Reader, sealed, nil)
	must(err)
	require(bytes.Equal(opened, message), "PKCS#1 v1.5")
	serve(context, "go-rsa")
	fmt.Println("crypto11: RSA")
}

func ecPair(context *crypto11.Context) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		pair, err := context.GenerateECDSAKeyPairWithLabel([]byte("go-ec"), []byte("go-ec"), curve)
		must(err)
		digest := sha256.Sum256(message)
		signature, err := pair.Sign(rand.Reader, digest[:], crypto.SHA256)
		must(err)
		require(ecdsa.VerifyASN1(pair.Public().(*ecdsa.PublicKey), digest[:], signature), "ECDSA")
		serve(context, "go-ec")
		must(pair.Delete())
	}
	fmt.Println("crypto11: EC")
}

// serve puts a certificate beside a pair, finds both as a TLS server does, and shakes hands with a client of Go's.
func serve(context *crypto11.Context, label string) {
	pair, err := context.FindKeyPair(nil, []byte(label))
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: label}, DNSNames: []string{"token.example"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, pair.Public(), pair)
	must(err)
	certificate, err := x509.ParseCertificate(der)
	must(err)
	must(context.ImportCertificateWithLabel([]byte(label), []byte(label), certificate))
	defer func() { must(context.DeleteCertificate(nil, []byte(label), nil)) }()
	paired, err := context.FindAllPairedCertificates()
	must(err)
	var served []tls.Certificate
	for _, each := range paired {
		if bytes.Equal(each.Certificate[0], der) {
			served = append(served, each)
		}
	}
	require(len(served) == 1, "the pair's certificate")

	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: served})
	must(err)
	defer listener.Close()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func(connection net.Conn) {
				defer connection.Close()
				_, _ = io.Copy(connection, connection)
			}(connection)
		}
	}()
	trusted := x509.NewCertPool()
	trusted.AddCert(certificate)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		connection, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{
			RootCAs: trusted, ServerName: "token.example", MinVersion: version, MaxVersion: version,
		})
		must(err)
		_, err = connection.Write(message)
		must(err)
		echoed := make([]byte, len(message))
		_, err = io.ReadFull(connection, echoed)
		must(err)
		require(bytes.Equal(echoed, message), "TLS")
		must(connection.Close())
	}
}

func secretKeys(context *crypto11.Context) {
	key, err := context.GenerateSecretKeyWithLabel([]byte("go-aes"), []byte("go-aes"), 256, crypto11.CipherAES)
	must(err)
	defer func() { must(key.Delete()) }()
	found, err := context.FindKey(nil, []byte("go-aes"))
	must(err)
	sealer, err := key.NewGCM()
	must(err)
	opener, err := found.NewGCM()
	must(err)
	nonce := make([]byte, sealer.NonceSize())
	sealed := sealer.Seal(nil, nonce, message, []byte("aad"))
	opened, err := opener.Open(nil, nonce, sealed, []byte("aad"))
	must(err)
	require(bytes.Equal(opened, message), "AES-GCM")
	sealed[0] ^= 1
	_, err = opener.Open(nil, nonce, sealed, []byte("aad"))
	require(err != nil, "a forged AES-GCM text")

	blocks := make([]byte, 64)
	encrypter, err := key.NewCBCEncrypterCloser(make([]byte, 16))
	must(err)
	encrypter.CryptBlocks(blocks, make([]byte, 64))
	encrypter.Close()
	decrypter, err := key.NewCBCDecrypterCloser(make([]byte, 16))
	must(err)
	decrypter.CryptBlocks(blocks, blocks)
	decrypter.Close()
	require(bytes.Equal(blocks, make([]byte, 64)), "AES-CBC")

	mac, err := context.GenerateSecretKey([]byte("go-hmac"), 256, crypto11.CipherGeneric)
	must(err)
	defer func() { must(mac.Delete()) }()
	first, err := mac.NewHMAC(pkcs11.CKM_SHA256_HMAC, 0)
	must(err)
	_, err = first.Write(message)
	must(err)
	second, err := mac.NewHMAC(pkcs11.CKM_SHA256_HMAC, 0)
	must(err)
	_, err = second.Write(message)
	must(err)
	require(len(first.Sum(nil)) == 32 && hmac.Equal(first.Sum(nil), second.Sum(nil)), "HMAC")
	reader, err := context.NewRandomReader()
	must(err)
	random := make([]byte, 100)
	_, err = io.ReadFull(reader, random)
	must(err)
	require(!bytes.Equal(random, make([]byte, 100)), "random bytes")
	fmt.Println("crypto11: secret keys")
}

// bare works with miekg/pkcs11 alone: keys of known value, so that Go's own ciphers give the same bytes.
func bare(module, label, pin string) {
	token := pkcs11.New(module)
	require(token != nil, "the module loads")
	must(token.Initialize())
	defer token.Destroy()
	defer func() { must(token.Finalize()) }()
	slots, err := token.GetSlotList(true)
	must(err)
	var slot uint
	for _, each := range slots {
		if info, err := token.GetTokenInfo(each); err == nil && info.Label == label {
			slot = each
		}
	}
	session, err := token.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	must(err)
	require(token.Login(session, pkcs11.CKU_USER, "wrong") == pkcs11.Error(pkcs11.CKR_PIN_INCORRECT), "a wrong PIN")
	must(token.Login(session, pkcs11.CKU_USER, pin))
	require(
		token.Login(session, pkcs11.CKU_USER, pin) == pkcs11.Error(pkcs11.CKR_USER_ALREADY_LOGGED_IN), "a second login")

	value := bytes.Repeat([]byte{7}, 32)
	key := func(kind uint, uses ...uint) pkcs11.ObjectHandle {
		template := []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_SECRET_KEY),
			pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, kind),
			pkcs11.NewAttribute(pkcs11.CKA_VALUE, value),
		}
		for _, use := range uses {
			template = append(template, pkcs11.NewAttribute(use, true))
		}
		handle, err := token.CreateObject(session, template)
		must(err)
		return handle
	}
	block, err := aes.NewCipher(value)
	must(err)
	gcm, err := cipher.NewGCM(block)
	must(err)
	aesKey := key(pkcs11.CKK_AES, pkcs11.CKA_ENCRYPT, pkcs11.CKA_DECRYPT)
	nonce := make([]byte, 12)
	parameters := pkcs11.NewGCMParams(nonce, []byte("aad"), 128)
	defer parameters.Free()
	must(token.EncryptInit(session, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_GCM, parameters)}, aesKey))
	sealed, err := token.Encrypt(session, message)
	must(err)
	require(bytes.Equal(sealed, gcm.Seal(nil, nonce, message, []byte("aad"))), "AES-GCM as Go's")

	expected := hmac.New(sha256.New, value)
	expected.Write(message)
	signing := []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_SHA256_HMAC, nil)}
	must(token.SignInit(session, signing, key(pkcs11.CKK_GENERIC_SECRET, pkcs11.CKA_SIGN)))
	must(token.SignUpdate(session, message[:5]))
	must(token.SignUpdate(session, message[5:]))
	signature, err := token.SignFinal(session)
	must(err)
	require(bytes.Equal(signature, expected.Sum(nil)), "HMAC as Go's")

	_, err = token.Sign(session, message)
	require(err == pkcs11.Error(pkcs11.CKR_OPERATION_NOT_INITIALIZED), "a signature that was not begun")
	must(token.Logout(session))
	must(token.CloseSession(session))
	_, err = token.GetSessionInfo(session)
	require(err == pkcs11.Error(pkcs11.CKR_SESSION_HANDLE_INVALID), "a closed session")
	fmt.Println("miekg/pkcs11")
}
