-- The redirect as a user would script it in nginx: the same token, the same checks, the same link.
-- State is either in Redis or in a shared dict; brands, which are few, are in a table in both.

local ffi = require "ffi"
local base64 = require "ngx.base64"

local byte, sub, find, match, gmatch = string.byte, string.sub, string.find, string.match, string.gmatch
local concat, tonumber = table.concat, tonumber

ffi.cdef [[
typedef struct evp_md_st EVP_MD;
const EVP_MD *EVP_sha256(void);
unsigned char *HMAC(const EVP_MD *md, const void *key, int key_len, const unsigned char *data,
                    size_t data_len, unsigned char *out, unsigned int *out_len);
int CRYPTO_memcmp(const void *a, const void *b, size_t len);
]]
local crypto = ffi.load("libcrypto.so.3")
local sha256 = crypto.EVP_sha256()
local mac_out = ffi.new("unsigned char[32]")
local mac_len = ffi.new("unsigned int[1]")

local TOKEN_CHARS, HEAD_BYTES, MAC_BYTES = 75, 40, 16
local CONTEXT = "upsell tracked link\0"
local ITEMS = { "storage_size", "physical_machines", "physical_servers", "virtual_machines", "mobile_devices" }
local PLACEMENTS = {
    "Alert_on_Storage", "alert_on_physical_machines", "alert_on_physical_servers",
    "alert_on_virtual_machines", "alert_on_mobile_devices", "email_notification", "mc_usage_info",
}
local SOON_PERCENT = 90

local M = { brands = {} }

local function unhex(text)
    return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- Reads what the seed wrote; ids become 16 bytes, in keys and values.
function M.setup(settings)
    M.key_id = settings.key_id
    M.key = unhex(settings.key)
    M.socket = settings.socket
    M.dict = settings.dict and ngx.shared.state
    for line in io.lines(settings.state) do
        local kind, name, value = match(line, "^(%l):(%w+)\t(.*)$")
        if kind == "b" then
            M.brands[name] = value
        elseif M.dict then
            if kind == "u" then
                value = unhex(sub(value, 1, 32)) .. sub(value, 33)
            end
            local ok, err = M.dict:safe_set(kind .. ":" .. unhex(name), value)
            if not ok then
                error("the shared dict is too small: " .. err)
            end
        end
    end
end

local function read_reply(sock)
    local line, err = sock:receive("*l")
    if not line then
        return nil, err
    end
    local kind = byte(line)
    if kind == 36 then -- '$'
        local length = tonumber(sub(line, 2))
        if length < 0 then
            return false
        end
        local body, why = sock:receive(length + 2)
        if not body then
            return nil, why
        end
        return sub(body, 1, -3)
    elseif kind == 45 then -- '-'
        return nil, line
    end
    return sub(line, 2)
end

-- User, tenant and the click's counter in one round trip.
local function from_redis(user, tenant, placement)
    local sock = ngx.socket.tcp()
    local ok, err = sock:connect(M.socket)
    if not ok then
        return nil, nil, err
    end
    local clicks = placement .. ""
    sock:send({
        "*2\r\n$3\r\nGET\r\n$18\r\nu:", user, "\r\n",
        "*2\r\n$3\r\nGET\r\n$18\r\nt:", tenant, "\r\n",
        "*4\r\n$7\r\nHINCRBY\r\n$18\r\nc:", tenant, "\r\n$", #clicks, "\r\n", clicks, "\r\n$1\r\n1\r\n",
    })
    local about_user, why = read_reply(sock)
    local about_tenant = read_reply(sock)
    read_reply(sock)
    if about_user == nil then
        return nil, nil, why
    end
    sock:setkeepalive(600000, 1024)
    return about_user, about_tenant
end

local function from_dict(user, tenant, placement)
    local dict = M.dict
    dict:incr("c:" .. tenant .. placement, 1, 0)
    return dict:get("u:" .. user), dict:get("t:" .. tenant)
end

-- `;usage,quota` five times: the names of the items that a link lists.
local function listed(quotas)
    local names, count, index = {}, 0, 0
    for usage, quota in gmatch(quotas, ";(%d+),(%d+)") do
        index = index + 1
        usage, quota = tonumber(usage), tonumber(quota)
        if usage >= quota or (index == 1 and usage * 100 >= quota * SOON_PERCENT) then
            count = count + 1
            names[count] = ITEMS[index]
        end
    end
    return count > 0 and concat(names, "%2C")
end

local function verify(token)
    if #token ~= TOKEN_CHARS then
        return nil
    end
    local bytes = base64.decode_base64url(token)
    if not bytes or #bytes ~= HEAD_BYTES + MAC_BYTES or byte(bytes, 2) ~= M.key_id then
        return nil
    end
    local signed = CONTEXT .. sub(bytes, 1, HEAD_BYTES)
    crypto.HMAC(sha256, M.key, #M.key, signed, #signed, mac_out, mac_len)
    if crypto.CRYPTO_memcmp(mac_out, sub(bytes, HEAD_BYTES + 1), MAC_BYTES) ~= 0 then
        return nil
    end
    local a, b, c, d = byte(bytes, 3, 6)
    local expires = ((a * 256 + b) * 256 + c) * 256 + d
    if byte(bytes) ~= 1 or byte(bytes, 7) ~= 1 or ngx.time() >= expires then
        return nil
    end
    return bytes
end

function M.redirect()
    local bytes = verify(sub(ngx.var.uri, 4))
    local placement = bytes and byte(bytes, 8)
    local place = placement and PLACEMENTS[placement]
    if not place then
        return ngx.exit(404)
    end
    local tenant, user = sub(bytes, 9, 24), sub(bytes, 25, 40)
    local fetch = M.dict and from_dict or from_redis
    local about_user, about_tenant, err = fetch(user, tenant, placement)
    if err then
        ngx.log(ngx.ERR, "state: ", err)
        return ngx.exit(503)
    end
    if not about_user or not about_tenant or sub(about_user, 1, 16) ~= tenant then
        return ngx.exit(404)
    end
    local user_id, may_buy, partner, user_quotas = match(about_user, "^;(%d+);(%d);(%d+)(.*)$", 17)
    local tenant_id, enabled, tenant_quotas = match(about_tenant, "^(%d+);(%d)(.*)$")
    local url = M.brands[partner]
    if may_buy ~= "1" or enabled ~= "1" or not url then
        return ngx.exit(404)
    end
    local user_list, tenant_list = listed(user_quotas), listed(tenant_quotas)
    ngx.header["Location"] = concat({
        url, find(url, "?", 1, true) and "&" or "?", "placement=", place,
        user_list and "&user_quota=" or "", user_list or "",
        tenant_list and "&tenant_quota=" or "", tenant_list or "",
        "&user_id=", user_id, "&tenant_id=", tenant_id,
    })
    ngx.header["Cache-Control"] = "no-store"
    ngx.status = 302
    ngx.header["Content-Length"] = 0
    return ngx.exit(302)
end

return M
