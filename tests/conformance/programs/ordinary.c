/* A C program as its author would write it for any token: load the module, find the token by its label, log in, make
 * a key, sign and verify in parts, destroy the key. Arguments: the module, the token's label, the PIN. */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

static CK_FUNCTION_LIST *p11;

static void must(const char *what, CK_RV rv)
{
	if (rv != CKR_OK) {
		fprintf(stderr, "%s: 0x%lx\n", what, rv);
		exit(1);
	}
}

static CK_SLOT_ID slot_of(const char *label)
{
	CK_SLOT_ID slots[64];
	CK_ULONG count = 64;
	CK_TOKEN_INFO info;

	must("C_GetSlotList", p11->C_GetSlotList(CK_TRUE, slots, &count));
	for (CK_ULONG i = 0; i < count; i++) {
		must("C_GetTokenInfo", p11->C_GetTokenInfo(slots[i], &info));
		if (memcmp(info.label, label, strlen(label)) == 0 && info.label[strlen(label)] == ' ')
			return slots[i];
	}
	fprintf(stderr, "no token %s\n", label);
	exit(1);
}

int main(int argc, char **argv)
{
	CK_RV (*get_function_list)(CK_FUNCTION_LIST **);
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key, found;
	CK_ULONG count, length = 32;
	CK_BYTE first[32], second[32], data[] = "a message in two parts";
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
	CK_MECHANISM generate = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 }, hmac = { CKM_SHA256_HMAC, NULL, 0 };
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &secret, sizeof secret }, { CKA_TOKEN, &no, sizeof no },
		{ CKA_LABEL, "from C", 6 }, { CKA_VALUE_LEN, &length, sizeof length },
		{ CKA_SIGN, &yes, sizeof yes }, { CKA_VERIFY, &yes, sizeof yes },
	};
	CK_ATTRIBUTE value = { CKA_VALUE, first, sizeof first };
	void *module = argc == 4 ? dlopen(argv[1], RTLD_NOW) : NULL;

	if (module == NULL) {
		fprintf(stderr, "usage: ordinary MODULE LABEL PIN: %s\n", argc == 4 ? dlerror() : "");
		return 2;
	}
	*(void **)&get_function_list = dlsym(module, "C_GetFunctionList");
	must("C_GetFunctionList", get_function_list(&p11));
	must("C_Initialize", p11->C_Initialize(NULL));
	must("C_OpenSession", p11->C_OpenSession(slot_of(argv[2]), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
	must("C_Login", p11->C_Login(session, CKU_USER, (CK_BYTE *)argv[3], strlen(argv[3])));
	must("C_GenerateKey", p11->C_GenerateKey(session, &generate, template, 6, &key));

	must("C_FindObjectsInit", p11->C_FindObjectsInit(session, &template[2], 1));
	must("C_FindObjects", p11->C_FindObjects(session, &found, 1, &count));
	must("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
	if (count != 1 || found != key)
		must("the key is not found", CKR_GENERAL_ERROR);
	if (p11->C_GetAttributeValue(session, key, &value, 1) != CKR_ATTRIBUTE_SENSITIVE)
		must("the key can be read", CKR_GENERAL_ERROR);

	count = sizeof first;
	must("C_SignInit", p11->C_SignInit(session, &hmac, key));
	must("C_Sign", p11->C_Sign(session, data, sizeof data, first, &count));
	must("C_SignInit", p11->C_SignInit(session, &hmac, key));
	must("C_SignUpdate", p11->C_SignUpdate(session, data, 9));
	must("C_SignUpdate", p11->C_SignUpdate(session, data + 9, sizeof data - 9));
	must("C_SignFinal", p11->C_SignFinal(session, second, &count));
	if (memcmp(first, second, sizeof first) != 0)
		must("parts make another MAC", CKR_GENERAL_ERROR);
	must("C_VerifyInit", p11->C_VerifyInit(session, &hmac, key));
	must("C_Verify", p11->C_Verify(session, data, sizeof data, first, count));
	first[0] ^= 1;
	must("C_VerifyInit", p11->C_VerifyInit(session, &hmac, key));
	if (p11->C_Verify(session, data, sizeof data, first, count) != CKR_SIGNATURE_INVALID)
		must("a wrong signature holds", CKR_GENERAL_ERROR);

	must("C_DestroyObject", p11->C_DestroyObject(session, key));
	must("C_Logout", p11->C_Logout(session));
	must("C_CloseSession", p11->C_CloseSession(session));
	must("C_Finalize", p11->C_Finalize(NULL));
	dlclose(module);
	puts("done");
	return 0;
}
